// The public surface of the supervision library.
