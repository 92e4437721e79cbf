//! What a handler can look like, and what it can return.

use std::future::ready;

use futures_util::{FutureExt as _, future::BoxFuture};
use protocol::{Callback, Note, openim, tencent};

use crate::Context;

/// A function that handles the callbacks of a command. See [`handler`](crate::handler).
///
/// It can be cloned and sent between threads, so it can handle several callbacks at a time. `Form` only distinguishes
/// the four kinds of functions.
pub trait Handle<C: Callback, Form>: Clone + Send + Sync + 'static {
    /// Calls the function.
    fn handle(&self, callback: C, context: Context) -> BoxFuture<'static, Said<C>>;
}

/// What a handler returned.
pub struct Said<C: Callback> {
    /// `None` means "as it was asked for".
    pub(crate) answer: Option<C::Answer>,
    pub(crate) events: Vec<C::Event>,
}

/// A type that a handler of a command can return.
pub trait Says<C: Callback> {
    /// Converts the value.
    fn says(self) -> Said<C>;
}

impl<C: Callback> Says<C> for Vec<C::Event>
where
    C::Answer: Note,
{
    fn says(self) -> Said<C> {
        Said {
            answer: None,
            events: self,
        }
    }
}

/// A handler can return an answer alone, or an answer with events to record.
macro_rules! says {
    ([$($generics:tt)*] $Answer:ty) => {
        impl<C: Callback<Answer = $Answer>, $($generics)*> Says<C> for $Answer {
            fn says(self) -> Said<C> {
                Said {
                    answer: Some(self),
                    events: Vec::new(),
                }
            }
        }

        impl<C: Callback<Answer = $Answer>, $($generics)*> Says<C> for ($Answer, Vec<C::Event>) {
            fn says(self) -> Said<C> {
                let (answer, events) = self;
                Said {
                    answer: Some(answer),
                    events,
                }
            }
        }
    };
}

says!([A, R] openim::Decision<A, R>);
says!([] tencent::Decisions);
says!([Code] tencent::Decision<Code>);
says!([Code] tencent::KeptOut<Code>);
says!([Code] tencent::MessageDecision<Code>);
says!([] tencent::Reply);

/// A plain function of the callback.
pub enum Plain {}
/// A plain function of the callback and a context.
pub enum PlainWithContext {}
/// An `async` function of the callback.
pub enum Later {}
/// An `async` function of the callback and a context.
pub enum LaterWithContext {}

impl<C, F, R> Handle<C, Plain> for F
where
    C: Callback,
    R: Says<C>,
    F: Fn(C) -> R + Clone + Send + Sync + 'static,
{
    fn handle(&self, callback: C, _: Context) -> BoxFuture<'static, Said<C>> {
        ready(self(callback).says()).boxed()
    }
}

impl<C, F, R> Handle<C, PlainWithContext> for F
where
    C: Callback,
    R: Says<C>,
    F: Fn(C, Context) -> R + Clone + Send + Sync + 'static,
{
    fn handle(&self, callback: C, context: Context) -> BoxFuture<'static, Said<C>> {
        ready(self(callback, context).says()).boxed()
    }
}

impl<C, F, R, Answering> Handle<C, Later> for F
where
    C: Callback,
    R: Says<C> + 'static,
    Answering: Future<Output = R> + Send + 'static,
    F: Fn(C) -> Answering + Clone + Send + Sync + 'static,
{
    fn handle(&self, callback: C, _: Context) -> BoxFuture<'static, Said<C>> {
        self(callback).map(Says::says).boxed()
    }
}

impl<C, F, R, Answering> Handle<C, LaterWithContext> for F
where
    C: Callback,
    R: Says<C> + 'static,
    Answering: Future<Output = R> + Send + 'static,
    F: Fn(C, Context) -> Answering + Clone + Send + Sync + 'static,
{
    fn handle(&self, callback: C, context: Context) -> BoxFuture<'static, Said<C>> {
        self(callback, context).map(Says::says).boxed()
    }
}
