//! The operator's door: the command line speaks to a running process over a socket.
