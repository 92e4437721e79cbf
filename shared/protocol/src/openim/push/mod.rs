//! What goes to devices: whom it reaches, and with which text.

commands! {}
