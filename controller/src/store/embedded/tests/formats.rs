//! Files of other programs and other versions.

use redb::Database;
use redb::TableDefinition;

use super::super::open::Open;
use super::super::open::OpenError;
use super::super::tables::FORMAT;
use super::platter::Platter;

const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");

fn written(platter: &Platter, write: impl FnOnce(&redb::WriteTransaction)) {
    let database: Database = Database::builder().create_with_backend(platter.clone()).unwrap();
    let transaction = database.begin_write().unwrap();
    write(&transaction);
    transaction.commit().unwrap();
}

#[test]
fn a_later_format_is_left_to_a_later_version() {
    let mut platter = Platter::formatted();
    written(&platter, |transaction| {
        let mut meta = transaction.open_table(META).unwrap();
        meta.insert("format", FORMAT + 1).unwrap();
    });
    let error = platter.open().unwrap_err();
    assert!(matches!(error, OpenError::Format(2)), "{error}");
    assert!(error.to_string().contains("format 2"), "{error}");
}

#[test]
fn a_database_of_something_else_is_left_alone() {
    let mut platter = Platter::default();
    written(&platter, |transaction| {
        let other: TableDefinition<'_, u64, u64> = TableDefinition::new("meta");
        transaction.open_table(other).unwrap().insert(1, 1).unwrap();
    });
    let error = platter.open().unwrap_err();
    assert!(matches!(error, OpenError::Foreign), "{error}");
}
