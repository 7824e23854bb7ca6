//! What an older version has left.

use super::super::{Commit, letters};
use super::{Scratch, on_both};

/// Whether any file of the data directory holds a text.
fn holds(scratch: &Scratch, text: &str) -> bool {
    std::fs::read_dir(scratch.folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .any(|path| std::fs::read(path).unwrap().windows(text.len()).any(|window| window == text.as_bytes()))
}

#[tokio::test]
async fn files_lose_their_names_and_nothing_else() {
    on_both(async |scratch| {
        let mut statements = Vec::new();
        for number in 0..40 {
            let content = format!("%PDF {number}");
            let kept =
                scratch.store.keep_body("turku", content.as_bytes(), &format!("viestit_attachment/o/{number}")).await;
            let kept = kept.unwrap();
            statements.extend(kept.statements);
            let file = letters::Attachment {
                number,
                size: content.len().try_into().unwrap(),
                body: kept.body,
                uploaded_id: None,
                uploaded_at: None,
            };
            statements.push(letters::add_attachment("turku", "o", &file));
        }
        statements.push(letters::uploaded("turku", "o", 7, "u-7", 9));
        scratch.store.commit(Commit::new().with(statements)).await.unwrap();
        let before = letters::attachments(&scratch.store, "turku", "o").await.unwrap();

        // Long enough for some pages of the database.
        let name = "MARKER-of-a-child-in-custody-".repeat(20);
        scratch.close_as_before_18(&name).await.unwrap();
        let on_disk = matches!(scratch.config.location, super::super::Location::Sqlite(_));
        assert_eq!(holds(scratch, "MARKER"), on_disk);
        scratch.reopen().await.unwrap();
        assert_eq!(letters::attachments(&scratch.store, "turku", "o").await.unwrap(), before);
        assert_eq!(before[7].uploaded_id.as_deref(), Some("u-7"));
        assert!(!holds(scratch, "MARKER"), "neither in a table nor in what a table has left");
        assert_eq!(Scratch::tables_holding(&scratch.config, "MARKER").await.unwrap(), [""; 0]);
    })
    .await;
}
