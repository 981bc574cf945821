// The public surface of the library.
