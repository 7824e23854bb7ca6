//! What the README shows is what Silta takes.

use std::path::Path;

use silta::config::Config;

#[test]
fn the_configuration_in_the_readme_is_one() {
    let readme = std::fs::read_to_string(crate::tidy::root().join("README.md")).expect("README.md");
    let text = readme.split_once("```toml\n").expect("a block of TOML").1;
    let text = text.split_once("```").expect("its end").0;
    let config = Config::parse(Path::new("README.md"), text).unwrap_or_else(|error| panic!("{error}")).config;
    let tenant = config.tenant("turku").expect("the tenant");
    assert_eq!((config.tenants.len(), tenant.access.len(), tenant.intake_keys.len()), (1, 1, 1));
    assert!(text.trim().lines().filter(|line| !line.is_empty()).count() <= 10, "ten lines at most");
}
