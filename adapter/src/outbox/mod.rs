//! Leases, schedule and breakers of work that must reach somebody else. Knows no rule of the domain.
