//! Family A: authentication and routing, as far as it needs no socket (§9.1).

use serde_json::{Value, json};

use super::{BOTH, LIVE, SOURCE, cases};

fn login(password: &str) -> Value {
    json!({ "username": "u@example.fi", "password": password })
}

cases! {
    ptv_a_01_login, BOTH, |b| {
        let (status, answer) = b.sim.handle("POST", "/api/auth/api-login", None, Some(&login("secret")));
        let token = answer[if b.profile.is_live() { "ptvToken" } else { "serviceToken" }].as_str().unwrap().to_owned();
        assert_eq!(status, 200);
        assert_eq!(b.sim.handle("POST", "/api/v11/Service", Some(&token), Some(&b.s())).0, 200);
        assert_eq!(b.sim.logins(), 1);
    }
    ptv_a_02_wrong_password, SOURCE, |b| {
        let (status, answer) = b.sim.handle("POST", "/api/auth/api-login", None, Some(&login("wrong")));
        assert_eq!(status, 403);
        assert!(answer.get("error").is_some());
    }
    ptv_a_03_no_token, BOTH, |b| { assert_eq!(b.sim.handle("POST", "/api/v11/Service", None, Some(&b.s())), (401, Value::Null)); }
    ptv_a_04_expired_token, BOTH, |b| {
        let token = b.sim.token_for("u@example.fi").unwrap();
        b.wait(24 * 3600 + 1);
        assert_eq!(b.sim.handle("POST", "/api/v11/Service", Some(&token), Some(&b.s())).0, 401);
        let token = b.sim.token_for("u@example.fi").unwrap();
        b.sim.expire_tokens();
        assert_eq!(b.sim.handle("POST", "/api/v11/Service", Some(&token), Some(&b.s())).0, 401);
        assert_eq!(b.sim.writes().total(), 0);
    }
    ptv_a_05_users_without_the_right, BOTH, |b| {
        for user in ["main", "person"] {
            assert_eq!(b.call_as(user, "POST", "Service", Some(&b.s())).0, 403);
        }
    }
    ptv_a_06_no_organisation, BOTH, |b| { assert_eq!(b.call_as("stray", "POST", "Service", Some(&b.s())).0, 403); }
    ptv_a_07_08_09_source_id_is_its_owners, BOTH, |b| {
        let path = format!("/api/v11/Service/{}", b.s1());
        let (status, anonymous) = b.sim.handle("GET", &path, None, None);
        assert_eq!((status, &anonymous["sourceId"]), (200, &Value::Null));
        let as_user = |user: &str| b.call_as(user, "GET", path.trim_start_matches("/api/v11/"), None).1["sourceId"].clone();
        assert_eq!((as_user("u"), as_user("v")), (json!("t.s.1"), Value::Null));
    }
    ptv_a_10_garbage_token_source, SOURCE, |b| {
        assert_eq!(b.sim.handle("GET", &format!("/api/v11/Service/{}", b.s1()), Some("garbage"), None).0, 200);
    }
    ptv_a_10_garbage_token_live, LIVE, |b| {
        assert_eq!(b.sim.handle("GET", &format!("/api/v11/Service/{}", b.s1()), Some("garbage"), None).0, 500);
    }
    ptv_a_11_active_without_token, BOTH, |b| {
        assert_eq!(b.sim.handle("GET", &format!("/api/v11/Service/active/{}", b.s1()), None, None).0, 401);
    }
    ptv_a_12_old_version, BOTH, |b| {
        let (status, answer) = b.sim.handle("GET", "/api/v7/Service", None, None);
        assert!(status == 404 && answer.is_string());
    }
    ptv_a_14_general_description_as_a_municipality, BOTH, |b| {
        assert_eq!(b.call("PUT", &format!("GeneralDescription/{}", super::small::GD), &json!({})).0, 403);
    }
    ptv_a_15_asti_connection, BOTH, |b| {
        assert_eq!(b.call("PUT", &format!("Connection/ASTI/serviceId/{}", b.s1()), &json!({})).0, 403);
    }
}
