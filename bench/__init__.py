"""Side-by-side measurements with peers: ratios in one run, never a bare time."""
