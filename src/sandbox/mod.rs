//! The only spawner of processes: a scratch view of the tree, limits, no network.
