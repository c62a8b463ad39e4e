//! The terminal view in a real terminal.

mod screen;
mod scripts;
mod tmux;

use super::skip;
