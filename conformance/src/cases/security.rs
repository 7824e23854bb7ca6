//! Security (xroad.md §9.10): the cases. Hostile documents are in [`documents`], who may do what in [`rights`], values
//! that want to be more than values in [`values`].

mod documents;
mod rights;
mod values;

use super::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        Security,
        "SE-01",
        "xroad.md 9.10",
        "a DOCTYPE with an external entity is refused and nothing is fetched",
        "An external entity reads the adapter's files, or calls from inside the network whatever the caller names.",
        documents::se_01
    ),
    case!(
        Security,
        "SE-02",
        "xroad.md 9.10",
        "entities that expand without end are refused at once",
        "A message of a few hundred bytes takes all memory of the adapter.",
        documents::se_02
    ),
    case!(
        Security,
        "SE-03",
        "xroad.md 9.10",
        "no DTD, parameter entity, XInclude or schema location is ever fetched",
        "Each of them is an address in a message that a library may follow by itself.",
        documents::se_03
    ),
    case!(
        Security,
        "SE-04",
        "xroad.md 9.10",
        "depth, attributes and namespaces without measure are refused",
        "Readers without limits end in a stack overflow or in quadratic time.",
        documents::se_04
    ),
    case!(
        Security,
        "SE-05",
        "xroad.md 9.10",
        "the same in attachments and REST bodies does no harm",
        "The envelope's reader is hardened; the one behind it often is not.",
        documents::se_05
    ),
    case!(
        Security,
        "SE-06",
        "xroad.md 9.10",
        "deep, doubled, huge and broken JSON is refused with 400",
        "Two readers of a doubled key see two messages; depth overflows the stack.",
        documents::se_06
    ),
    case!(
        Security,
        "SE-07",
        "xroad.md 2.1",
        "an identity without the security server's certificate is refused before it is read",
        "The header is only worth what the connection is worth.",
        rights::se_07
    ),
    case!(
        Security,
        "SE-08",
        "xroad.md 9.10",
        "a client of one service may not call another, and the attempt is recorded",
        "The security server's rights and the adapter's must both hold.",
        rights::se_08
    ),
    case!(
        Security,
        "SE-09",
        "xroad.md 9.10",
        "line breaks, escapes and bidirectional marks forge no log line",
        "Whoever writes to the log can hide what he did, or blame another.",
        values::se_09
    ),
    case!(
        Security,
        "SE-10",
        "xroad.md 9.10",
        "values of a message choose no address",
        "The adapter stands inside the network and reaches what the caller does not.",
        values::se_10
    ),
    case!(
        Security,
        "SE-11",
        "xroad.md 9.10",
        "metacharacters of query languages are data",
        "A value that is pasted into a query is a program.",
        values::se_11
    ),
    case!(
        Security,
        "SE-12",
        "xroad.md 9.10",
        "a repeated read is served, a repeated write has no second effect",
        "Messages are repeated after a time-out, and by attackers.",
        rights::se_12
    ),
    case!(
        Security,
        "SE-13",
        "PR-MESS 2.2",
        "only the real Body is executed, whatever stands in the header",
        "A reader that looks for the first element of that name executes what nobody authorised.",
        rights::se_13
    ),
    case!(
        Security,
        "SE-14",
        "xroad.md 9.10",
        "a compressed request body is refused or stays bounded",
        "A few kilobytes unpack to gigabytes.",
        documents::se_14
    ),
    case!(
        Security,
        "SE-15",
        "xroad.md 9.10",
        "UTF-7, EBCDIC, UTF-16 without a mark and __proto__ are refused",
        "What a filter reads in one encoding and the service in another, nobody has checked.",
        documents::se_15
    ),
    case!(
        Security,
        "SE-16",
        "UG-SS 17.3",
        "of an internal error the consumer sees an id and a general text",
        "Names of hosts, tables and versions help the next attack.",
        values::se_16
    ),
];
