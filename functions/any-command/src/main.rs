//! The Lambda function behind every path that has no function of its own.

fn main() -> Result<(), receiver::Error> {
    receiver::serve(any_command::handlers())
}
