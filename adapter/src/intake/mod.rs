//! The own systems' door: the CMS pushes its catalogue, own systems send letters.
