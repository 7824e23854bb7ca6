//! The cookie jar that all consumers' requests share (xroad.md §0.1 item 8): a `Set-Cookie` that an adapter sends to one
//! comes back with the next request of another. Only name, value, `Path` and `Max-Age` are read.

use std::sync::Mutex;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Cookie {
    host: String,
    path: String,
    name: String,
    value: String,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct CookieJar(Mutex<Vec<Cookie>>);

impl CookieJar {
    /// Takes a `Set-Cookie` value in answer to a request for `path` of `host`.
    pub(super) fn store(&self, host: &str, request_path: &str, set_cookie: &str) {
        let mut attributes = set_cookie.split(';');
        let Some((name, value)) = attributes.next().and_then(|pair| pair.split_once('=')) else { return };
        let folder = request_path.rfind('/').and_then(|at| request_path.get(..at)).unwrap_or_default();
        let mut cookie = Cookie {
            host: host.to_owned(),
            path: if folder.is_empty() { "/".to_owned() } else { folder.to_owned() },
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
        };
        let mut gone = false;
        for attribute in attributes {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            match key.trim().to_ascii_lowercase().as_str() {
                "path" if value.trim().starts_with('/') => value.trim().clone_into(&mut cookie.path),
                "max-age" => gone = value.trim().parse::<i64>().is_ok_and(|seconds| seconds <= 0),
                _ => {}
            }
        }
        let mut jar = self.lock();
        jar.retain(|known| (&known.host, &known.path, &known.name) != (&cookie.host, &cookie.path, &cookie.name));
        if !gone {
            jar.push(cookie);
        }
    }

    /// The `Cookie` value for a request, if any cookie fits.
    pub(super) fn header(&self, host: &str, path: &str) -> Option<String> {
        let fitting: Vec<String> = self
            .lock()
            .iter()
            .filter(|cookie| cookie.host == host && below(path, &cookie.path))
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!fitting.is_empty()).then(|| fitting.join("; "))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Cookie>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || folder.ends_with('/') || rest.starts_with(['/', '?']))
}

#[cfg(test)]
mod tests {
    use super::CookieJar;

    #[test]
    fn replays_by_host_and_path() {
        let jar = CookieJar::default();
        jar.store("a", "/x/y", "s=1; Path=/; HttpOnly");
        jar.store("a", "/x/y", "t=2");
        assert_eq!(jar.header("a", "/x/z").as_deref(), Some("s=1; t=2"));
        assert_eq!(jar.header("a", "/xyz").as_deref(), Some("s=1"));
        assert_eq!(jar.header("b", "/x/z"), None);
        jar.store("a", "/", "s=1; Path=/; Max-Age=0");
        assert_eq!(jar.header("a", "/other"), None);
    }
}
