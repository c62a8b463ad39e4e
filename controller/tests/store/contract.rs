//! What every store promises, asked of each.

use crate::skip;

macro_rules! contract {
    ($($room:ident: $($name:ident)*;)*) => {
        mod on_embedded {
            $($(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    let home = crate::homes::Home::new();
                    crate::$room::$name(home.store().await).await;
                }
            )*)*
        }

        mod on_etcd {
            $($(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    if !crate::etcd::is_there() {
                        skip!("{}", crate::etcd::MISSING);
                    }
                    let server = crate::etcd::Server::start();
                    crate::$room::$name(server.store()).await;
                }
            )*)*
        }
    };
}

contract! {
    basics:
        what_was_committed_is_read
        a_conflict_changes_nothing
        an_absent_key_can_be_expected
        a_transaction_without_changes_only_checks
        what_is_too_large_is_refused_and_what_just_fits_is_made
        any_text_is_a_key
        a_listing_is_whole_and_in_order
        a_removed_key_that_was_not_there_is_no_event
        a_healthy_store_says_so;
    concurrency:
        no_increment_is_lost
        random_transactions_happen_one_after_another
        claims_never_exceed_what_is_there;
    watches:
        a_watch_sees_every_commit_once_and_in_order
        a_watch_resumes_behind_any_revision
        a_watch_of_a_prefix_sees_nothing_else
        a_large_commit_is_one_batch
        watch_and_listing_leave_no_gap;
    leases:
        keys_go_with_their_lease
        a_lease_that_is_not_renewed_ends
        a_kept_lease_outlives_its_time
        nothing_is_written_under_a_lease_that_has_ended
        a_key_written_again_without_its_lease_stays
        a_kept_lease_that_was_revoked_is_lost;
    election:
        the_next_leads_when_one_resigns
        the_next_leads_when_a_leader_is_dropped
        a_leader_that_lost_its_lease_cannot_write
        an_old_office_is_waited_for;
}
