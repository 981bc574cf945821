// A module of workers that does not load: the node says so, and does without.
throw new Error('chaos: this module does not load')
