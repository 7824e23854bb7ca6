//! Paths into a JSON:API resource: `attributes.field_fee.value`, `relationships.field_class.attributes.field_code`.

use std::fmt;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An attribute of the resource at hand.
    Attribute(String),
    /// A member of the value at hand; of each item when it is a list, unless it is the number of one.
    Inside(String),
    /// The targets of a relationship.
    Relationship(String),
    /// The resource's UUID.
    Id,
}

/// A path. Without steps, it is the value at hand itself, written `.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    steps: Vec<Step>,
}

/// What a path begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// A resource: a node, or the target of a relationship.
    Resource,
    /// A value of an attribute.
    Value,
}

impl Path {
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Reads a path; what was expected, when it is none.
    pub(super) fn read(text: &str, ground: Ground) -> Result<(Path, Ground), &'static str> {
        const OF_RESOURCE: &str =
            "expected a path such as \"attributes.title\" or \"relationships.field_class.attributes.name\"";
        const OF_VALUE: &str = "expected \".\" for the value itself, or the name of a member in it, such as \"value\"";
        if text == "." {
            return if ground == Ground::Value { Ok((Path { steps: Vec::new() }, ground)) } else { Err(OF_RESOURCE) };
        }
        let mut steps = Vec::new();
        let mut at = ground;
        let mut names = text.split('.');
        while let Some(name) = names.next() {
            if name.is_empty() {
                return Err("an empty name between dots");
            }
            match (at, name) {
                (Ground::Value, _) => steps.push(Step::Inside(name.to_owned())),
                (Ground::Resource, "id") => {
                    steps.push(Step::Id);
                    at = Ground::Value;
                }
                (Ground::Resource, "attributes") => {
                    let name = names.next().filter(|name| !name.is_empty()).ok_or(OF_RESOURCE)?;
                    steps.push(Step::Attribute(name.to_owned()));
                    at = Ground::Value;
                }
                (Ground::Resource, "relationships") => {
                    let name = names.next().filter(|name| !name.is_empty()).ok_or(OF_RESOURCE)?;
                    steps.push(Step::Relationship(name.to_owned()));
                }
                (Ground::Resource, _) => return Err(if ground == Ground::Value { OF_VALUE } else { OF_RESOURCE }),
            }
        }
        Ok((Path { steps }, at))
    }

    /// The path of an attribute of a node.
    pub(super) fn attribute(name: &str) -> Path {
        Path { steps: vec![Step::Attribute(name.to_owned())] }
    }

    /// The site's own field names, without JSON:API's words: `field_class.field_code`.
    pub fn field(&self) -> String {
        let names = self.steps.iter().map(|step| match step {
            Step::Attribute(name) | Step::Inside(name) | Step::Relationship(name) => name.as_str(),
            Step::Id => "id",
        });
        names.collect::<Vec<_>>().join(".")
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.steps.is_empty() {
            return f.write_str(".");
        }
        for (index, step) in self.steps.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            match step {
                Step::Attribute(name) => write!(f, "{dot}attributes.{name}")?,
                Step::Relationship(name) => write!(f, "{dot}relationships.{name}")?,
                Step::Inside(name) => write!(f, "{dot}{name}")?,
                Step::Id => write!(f, "{dot}id")?,
            }
        }
        Ok(())
    }
}
