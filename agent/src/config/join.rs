//! One table of tables.

use super::Key;

/// How many settings some tables have together.
pub(super) const fn count(tables: &[&[Key]]) -> usize {
    let (mut sum, mut at) = (0, 0);
    while at < tables.len() {
        sum += tables[at].len();
        at += 1;
    }
    sum
}

/// The settings of all tables, in order. `COUNT` is their [`count`].
pub(super) const fn join<const COUNT: usize>(tables: &[&[Key]]) -> [Key; COUNT] {
    let mut all = [tables[0][0]; COUNT];
    let (mut table, mut at, mut next) = (0, 0, 0);
    while table < tables.len() {
        if at < tables[table].len() {
            all[next] = tables[table][at];
            next += 1;
            at += 1;
        } else {
            table += 1;
            at = 0;
        }
    }
    all
}
