//! Closed lists of words: enumerations of the contracts that read and write as text in JSON and XML.
//! A word that is not in the list is an error, never a default.

/// Declares an enumeration with its words. The first one is the default that yaserde's derive asks for.
macro_rules! words {
    ($(#[$doc:meta])* pub enum $name:ident { $first:ident = $first_word:literal, $($variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $name {
            #[default]
            $first,
            $($variant,)*
        }

        impl $name {
            /// All of them, in the order of the contract.
            pub const ALL: &'static [$name] = &[$name::$first, $($name::$variant,)*];

            /// The word on the wire.
            pub const fn word(self) -> &'static str {
                match self {
                    $name::$first => $first_word,
                    $($name::$variant => $word,)*
                }
            }

            pub fn from_word(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|known| known.word() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                $name::from_word(&word)
                    .ok_or_else(|| serde::de::Error::unknown_variant(&word, &[$first_word, $($word,)*]))
            }
        }

        impl yaserde::YaSerialize for $name {
            fn serialize<W: std::io::Write>(&self, writer: &mut yaserde::ser::Serializer<W>) -> yaserde::Result<()> {
                yaserde::primitives::serialize_primitives(self, stringify!($name), writer, |it| it.word().to_owned())
            }

            fn serialize_attributes(
                &self,
                attributes: Vec<yaserde::__xml::attribute::OwnedAttribute>,
                namespace: yaserde::__xml::namespace::Namespace,
            ) -> yaserde::Result<(Vec<yaserde::__xml::attribute::OwnedAttribute>, yaserde::__xml::namespace::Namespace)> {
                Ok((attributes, namespace))
            }
        }

        impl yaserde::YaDeserialize for $name {
            fn deserialize<R: std::io::Read>(reader: &mut yaserde::de::Deserializer<R>) -> yaserde::Result<Self> {
                yaserde::primitives::deserialize_primitives(reader, |word| {
                    $name::from_word(word.trim())
                        .ok_or_else(|| yaserde::Error::custom(concat!("not a word of ", stringify!($name))))
                })
            }
        }
    };
}
pub(crate) use words;
