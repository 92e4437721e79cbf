//! The Lambda function of Tencent Chat's callbacks.

fn main() -> Result<(), receiver::Error> {
    receiver::serve(tencent::handlers())
}
