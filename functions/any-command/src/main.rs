//! The Lambda function of every path without its own function.

fn main() -> Result<(), receiver::Error> {
    receiver::serve(any_command::handlers())
}
