/// What became of the packets of one direction. Every count only grows, over all epochs.
///
/// A packet counts as sent when its fate is decided, so that always `sent = received + lost`; those on their way stand beside
/// it as `Direction::outstanding`. A decision is never taken back: a packet that arrives after it was given up stays in
/// `lost` and is also `late`, and one given up that turns out never to have been sent is also `retracted`. So
///
/// - `lost - late - retracted` packets never arrived ([`Counts::never_arrived`]);
/// - `sent - retracted` packets were really sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Arrived or given up.
    pub sent: u64,
    /// Arrived in time, each counted once.
    pub received: u64,
    /// Given up: not there when the waiting time was over.
    pub lost: u64,
    /// Arrived after they were given up.
    pub late: u64,
    /// Further copies of packets that had arrived (RFC 5560).
    pub duplicate: u64,
    /// Received when a later packet already had been (RFC 4737 section 3).
    pub reordered: u64,
    /// Numbered but not sent, as the sender says.
    pub unsent: u64,
    /// Counted as lost before the sender said that they were not sent.
    pub retracted: u64,
    /// Undecided when their epoch ended, and therefore nowhere else.
    pub abandoned: u64,
    /// Too old to say whether they were late or duplicates.
    pub too_old: u64,
    /// With a number that cannot be: far ahead of all others, or never sent as the sender says.
    pub implausible: u64,
}

impl Counts {
    /// Packets that were sent and have not arrived, however late.
    pub const fn never_arrived(&self) -> u64 {
        self.lost.saturating_sub(self.late).saturating_sub(self.retracted)
    }
}
