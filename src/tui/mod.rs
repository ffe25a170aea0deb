//! The review pane and the progress screen.
