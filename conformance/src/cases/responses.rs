//! SOAP responses (xroad.md §9.3, SR).

use super::expect::served;
use super::{Case, case};
use crate::kit::{Probe, Verdict};
use crate::security_server::soap::XROAD;

pub(super) const CASES: &[Case] = &[case!(
    Responses,
    "SR-02",
    "I checkConsistency",
    "an empty issue is echoed as an empty issue",
    "Absent and empty differ for the consumer's security server, which throws the response away.",
    sr_02
)];

async fn sr_02(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let request = probe.target.request(operation)?.with("issue", "<xrd:issue/>");
    let reply = probe.soap(operation, &request).await?;
    served(probe, &request, &reply).await?;
    let echoed = reply.block(XROAD, "issue").map(|it| it.text.as_str());
    probe.check("an empty issue element in the response", echoed == Some(""))
}
