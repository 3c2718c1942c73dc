"""Years on a virtual clock: the real engine, store and gateway against the simulated network, and the proof of them."""
