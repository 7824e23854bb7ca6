//! What the doors offer, once for all of them. Knows nothing of SOAP, REST or HTTP.
