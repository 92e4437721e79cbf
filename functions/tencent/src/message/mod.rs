//! Callbacks about messages between users, in groups and to bots.

receiver::handlers! {
    bot_on_c2c_message,
    bot_on_group_message,
    c2c_after_c2c_msg_extension,
    c2c_after_modify_msg,
    c2c_after_msg_read_all,
    c2c_after_msg_read_receipt,
    c2c_after_msg_report,
    c2c_after_msg_with_draw,
    c2c_after_send_msg,
    c2c_before_send_msg,
    chatbot_on_c2c_signal_message,
    group_after_group_msg_extension,
    group_after_modify_msg,
    group_after_read_receipt,
    group_after_recall_msg,
    group_after_send_msg,
    group_before_send_msg,
    group_send_msg_exception,
}
