//! The page for people.

mod answers;
mod browser;
mod live;
mod looks;
mod palette;
mod states;
mod world;

pub(crate) use super::skip;

use browser::Look;

const DESKTOP: Look = Look {
    width: 1280,
    height: 900,
    scheme: "light",
};
const LIVE: &str = "document.body.dataset.state === 'live'";
