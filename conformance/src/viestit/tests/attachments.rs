//! ATT.

use super::*;

#[tokio::test]
async fn viestit_att_01_pdf_gives_a_uuid() {
    let world = World::new().await;
    let id = world.pdf().await;
    assert!(id.len() == 36 && id.parse::<uuid::Uuid>().is_ok());
}

#[tokio::test]
async fn viestit_att_02_twelve_types() {
    let world = World::new().await;
    let office = "application/vnd.openxmlformats-officedocument.";
    let types = [
        "application/msword".to_owned(),
        "application/pdf".to_owned(),
        "application/vnd.ms-excel".to_owned(),
        "application/vnd.ms-powerpoint".to_owned(),
        "application/vnd.oasis.opendocument.text".to_owned(),
        "application/vnd.oasis.opendocument.spreadsheet".to_owned(),
        format!("{office}wordprocessingml.document"),
        format!("{office}spreadsheetml.sheet"),
        format!("{office}presentationml.presentation"),
        "image/jpeg".to_owned(),
        "image/png".to_owned(),
        "text/plain; charset=utf-8".to_owned(),
    ];
    for media_type in types {
        assert_eq!(world.upload_named("file", "liite", &media_type).await.status, 201, "{media_type}");
    }
}

#[tokio::test]
async fn viestit_att_03_other_types_are_415() {
    let world = World::new().await;
    for media_type in ["application/zip", "image/gif", "text/csv"] {
        world.upload_named("file", "liite", media_type).await.refused(415);
    }
    assert_eq!(world.sim.control.upload_count(), 0);
}

/// An upload whose whole body has `size` bytes.
async fn upload_of(world: &World, size: usize) -> Got {
    let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\nContent-Type: application/pdf\r\n\r\n";
    let tail = "\r\n--b--\r\n";
    let mut body = head.as_bytes().to_vec();
    body.resize(size - tail.len(), b'x');
    body.extend_from_slice(tail.as_bytes());
    let request = world.client.post(world.url("/v2/attachments")).bearer_auth(&world.token);
    world.send(request.header("Content-Type", "multipart/form-data; boundary=b").body(body)).await
}

#[tokio::test]
async fn viestit_att_04_05_the_limit_is_on_the_whole_request() {
    let world = World::new().await;
    assert_eq!(upload_of(&world, MAX_REQUEST_BYTES).await.status, 201);
    let got = upload_of(&world, MAX_REQUEST_BYTES + 1).await;
    assert_eq!((got.status, got.kind.as_str()), (413, "text/plain"));
    assert!(serde_json::from_str::<Value>(&got.text).is_err());
    assert_eq!(world.sim.control.upload_count(), 1);
}

#[tokio::test]
async fn viestit_att_07_part_with_another_name_is_400() {
    let world = World::new().await;
    world.upload_named("attachment", "a.pdf", "application/pdf").await.refused(400);
}

fn naming(key: &str, ids: &[String]) -> Value {
    let list: Vec<_> = ids.iter().map(|id| json!({"attachmentId": id})).collect();
    with(electronic_body(key), "/electronic/attachments", json!(list))
}

#[tokio::test]
async fn viestit_att_08_unused_upload_is_gone_after_24_hours() {
    let mut world = World::new().await;
    let id = world.pdf().await;
    world.clock.advance(SignedDuration::from_secs(24 * 3600 - 1));
    world.log_in_again().await;
    world.post(ELECTRONIC, &naming("in time", std::slice::from_ref(&id))).await.id();
    let late = world.pdf().await;
    world.advance_hours(24);
    world.log_in_again().await;
    world.post(ELECTRONIC, &naming("late", &[late])).await.invalid();
    // The file of the stored message stays with it.
    assert_eq!(world.sim.control.messages()[0].files[0].name, "paatos.pdf");
}

#[tokio::test]
async fn viestit_att_09_unknown_attachment_is_400() {
    let world = World::new().await;
    let unknown = "7b1f0d3e-5a52-4a7e-9b1a-6f3f3c2c0001".to_owned();
    world.post(ELECTRONIC, &naming("a", &[unknown])).await.invalid();
    world.post(ELECTRONIC, &naming("a", &["not-a-uuid".to_owned()])).await.invalid();
    let own = world.pdf().await;
    let other = world.log_in(OTHER_SYSTEM).await;
    let body = with(naming("a", &[own]), "/sender/serviceId", json!(OTHER_SERVICE));
    world.post_as(&other, ELECTRONIC, &body).await.invalid();
    assert!(world.sim.control.messages().is_empty());
}

#[tokio::test]
async fn viestit_att_10_fifty_attachments_and_not_51() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for _ in 0..51 {
        ids.push(world.pdf().await);
    }
    world.post(ELECTRONIC, &naming("a", &ids)).await.invalid();
    ids.pop();
    world.post(ELECTRONIC, &naming("a", &ids)).await.id();
    assert_eq!(world.sim.control.messages()[0].files.len(), 50);
}

#[tokio::test]
async fn viestit_att_13_one_upload_in_both_parts() {
    let world = World::new().await;
    let id = world.pdf().await;
    let list = json!([{"attachmentId": id}]);
    world.post(MULTICHANNEL, &with(multichannel_body("a", &id), "/electronic/attachments", list)).await.id();
    assert_eq!(world.sim.control.messages()[0].files.len(), 1);
}

#[tokio::test]
async fn uploads_keep_their_name_and_bytes_and_reuse_has_a_switch() {
    let world = World::new().await;
    let got = world.upload_named("file", "päätös.pdf", "application/pdf").await;
    let id = got.json()["attachmentId"].as_str().expect("an id").to_owned();
    world.post(ELECTRONIC, &naming("a", std::slice::from_ref(&id))).await.id();
    let file = &world.sim.control.messages()[0].files[0];
    assert_eq!(file.name, "päätös.pdf");
    assert_eq!(&file.content[..], b"%PDF-1.7 example");
    world.post(ELECTRONIC, &naming("b", std::slice::from_ref(&id))).await.id();
    world.sim.control.switch(|switches| switches.upload_reuse = false);
    world.post(ELECTRONIC, &naming("c", &[id])).await.invalid();
}
