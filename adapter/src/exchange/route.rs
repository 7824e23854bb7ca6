//! Raw paths to tenant, family and protocol (design §4). A path that could be read in two ways is refused.

use silta_client::common::{ErrorCode, Refusal};
use xroad::rest::Path;

use crate::operations::registry::Family;

pub(super) struct Route {
    pub(super) tenant: String,
    pub(super) family: Family,
    pub(super) target: Target,
}

/// The three addresses of a family, which never overlap: a right to one must not reach another.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    Soap,
    /// Segments behind `/rest/v1`.
    Rest(Vec<String>),
    Wsdl,
    OpenApi,
}

pub(super) fn read(raw: &str) -> Result<Route, Refusal> {
    let path = Path::parse(raw).map_err(|error| Refusal::new(ErrorCode::Malformed, error.to_string()))?;
    let unknown = || Refusal::new(ErrorCode::UnknownOperation, "no such address");
    let (tenant, rest) = path.segments().split_first().ok_or_else(unknown)?;
    let (family, rest) = rest.split_first().ok_or_else(unknown)?;
    let family = Family::from_word(family).ok_or_else(unknown)?;
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    let target = match words.as_slice() {
        ["soap", "v1"] => Target::Soap,
        ["rest", "v1", tail @ ..] => Target::Rest(tail.iter().map(|&segment| segment.to_owned()).collect()),
        ["meta", "v1", "service.wsdl"] => Target::Wsdl,
        ["meta", "v1", "openapi.json"] => Target::OpenApi,
        _ => return Err(unknown()),
    };
    Ok(Route { tenant: tenant.clone(), family, target })
}

/// The segments behind `/own/v1/{tenant}/`.
pub(super) fn own(raw: &str) -> Result<Vec<String>, Refusal> {
    let path = Path::parse(raw).map_err(|error| Refusal::new(ErrorCode::Malformed, error.to_string()))?;
    match path.segments() {
        [own, version, _, tail @ ..] if own == "own" && version == "v1" => Ok(tail.to_vec()),
        _ => Err(Refusal::new(ErrorCode::UnknownOperation, "no such address")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Target, own, read};

    #[test]
    fn xroad_re_14_paths_with_two_readings_are_refused() {
        for path in [
            "/turku/catalogue/rest/v1/services/a%2Fb",
            "/turku/catalogue/rest/v1/%2e%2e/x",
            "/turku/catalogue/rest/v1/../x",
            "/turku/catalogue//rest/v1",
            "/turku/catalogue/rest/v1/a%5cb",
            "/turku/catalogue/rest/v1/a%00b",
            "/turku/catalogue/rest/v1/services;x=1",
            "/turku/catalogue/rest/v1/%252e",
            "/turku/catalogue/rest/v1/%ff",
        ] {
            assert_eq!(read(path).err().map(|refusal| refusal.code.status()), Some(400), "{path}");
        }
    }

    #[test]
    fn own_systems_have_paths_of_their_own() {
        assert_eq!(own("/own/v1/turku/messages/x%20y").ok(), Some(vec!["messages".to_owned(), "x y".to_owned()]));
        for path in ["/own/v1/turku/messages/a%2Fb", "/own/v1/turku/../x", "/own/v2/turku/messages", "/own/v1"] {
            assert!(own(path).is_err(), "{path}");
        }
    }

    #[test]
    fn the_three_addresses_do_not_overlap() {
        let target = |path| read(path).ok().map(|route| route.target);
        assert_eq!(target("/turku/catalogue/soap/v1"), Some(Target::Soap));
        assert_eq!(target("/turku/catalogue/meta/v1/service.wsdl"), Some(Target::Wsdl));
        assert_eq!(
            target("/turku/catalogue/rest/v1/services/x%20y"),
            Some(Target::Rest(vec!["services".into(), "x y".into()]))
        );
        assert_eq!(target("/turku/catalogue/soap/v1/"), None);
        assert_eq!(target("/turku/tokens/soap/v1"), None);
        assert_eq!(target("/"), None);
    }
}
