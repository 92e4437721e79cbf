//! The function with a queue, a service and a clock that are simulated, so a day takes a second.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet, HashSet},
    pin::pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use deliver::{
    Clock, Deliverer, LEFT_ALONE, PAUSE,
    queue::Queue,
    schedule::END,
    service::{Form, Said, Service, TIMEOUT},
};
use futures_util::future::{join_all, poll_fn};
use store::sqs_batch::{Attributes, Batch, Message};
use tokio::time::Instant;

const HOUR: Duration = Duration::from_secs(3600);
/// The concurrency of the event source, and the time-out of the function and of the queue's messages.
const ENVIRONMENTS: usize = 10;
const FUNCTION: Duration = Duration::from_secs(120);
const VISIBILITY: Duration = Duration::from_secs(720);
/// After so many receives, the queue itself puts a message into the dead-letter queue.
const MAX_RECEIVES: u32 = 1000;

/// What the service does at this time with this event.
type Behaviour = dyn Fn(Duration, &str) -> Does;

#[derive(Clone, Copy)]
enum Does {
    Take,
    Fail,
    Hang,
    Refuse,
    Ask(Duration),
}

struct World {
    origin: Instant,
    now: Cell<Duration>,
    /// When somebody wants to be woken.
    wakes: RefCell<BTreeSet<Duration>>,
    queue: RefCell<Vec<Queued>>,
    dead: RefCell<Vec<String>>,
    buries: Cell<bool>,
    form: Form,
    behaviour: Box<Behaviour>,
    /// When the service took an event.
    taken: RefCell<Vec<(Duration, String)>>,
    tries: RefCell<Vec<(Duration, String)>>,
    requests: Cell<usize>,
    most_hidden: Cell<usize>,
    most_receives: Cell<u32>,
}

#[derive(Clone)]
struct Queued {
    id: usize,
    group: Rc<str>,
    body: String,
    sent: Duration,
    visible: Duration,
    receives: u32,
}

impl World {
    fn new(behaviour: impl Fn(Duration, &str) -> Does + 'static) -> Self {
        Self {
            origin: Instant::now(),
            now: Cell::default(),
            wakes: RefCell::default(),
            queue: RefCell::default(),
            dead: RefCell::default(),
            buries: Cell::new(true),
            form: Form::Single,
            behaviour: Box::new(behaviour),
            taken: RefCell::default(),
            tries: RefCell::default(),
            requests: Cell::default(),
            most_hidden: Cell::default(),
            most_receives: Cell::default(),
        }
    }

    /// Puts an event into the queue, which is there from this time on.
    fn send(&self, sent: Duration, group: &str, id: &str) {
        let mut queue = self.queue.borrow_mut();
        let body = format!(r#"{{"specversion":"1.0","id":"{id}","type":"x"}}"#);
        let (group, visible) = (group.into(), sent);
        let id = queue.len();
        queue.push(Queued {
            id,
            group,
            body,
            sent,
            visible,
            receives: 0,
        });
    }

    /// What SQS gives: at most ten messages, none of a group of which one is hidden.
    fn receive(&self) -> Vec<Message> {
        let now = self.now.get();
        let mut queue = self.queue.borrow_mut();
        // Sorted by the time of sending.
        let here = queue.partition_point(|it| it.sent <= now);
        let here = &mut queue[..here];
        let is_hidden = |it: &&Queued| it.visible > now;
        let hidden: HashSet<Rc<str>> = here
            .iter()
            .filter(is_hidden)
            .map(|it| it.group.clone())
            .collect();
        let mut given = Vec::new();
        for message in here.iter_mut() {
            if given.len() == 10 {
                break;
            }
            if hidden.contains(&message.group) {
                continue;
            }
            message.visible = now + VISIBILITY;
            message.receives += 1;
            self.most_receives
                .set(self.most_receives.get().max(message.receives));
            given.push(Message {
                message_id: message.id.to_string(),
                receipt_handle: message.id.to_string(),
                body: message.body.clone(),
                attributes: Attributes {
                    sent_timestamp: Some(message.sent.as_millis().to_string()),
                    message_group_id: Some(message.group.to_string()),
                    approximate_receive_count: Some(message.receives.to_string()),
                },
            });
        }
        let hidden = here.iter().filter(is_hidden).count();
        self.most_hidden.set(self.most_hidden.get().max(hidden));
        given
    }

    /// Lets the environments of the function work until this time.
    fn run(&self, until: Duration) {
        let environments = (0..ENVIRONMENTS).map(|_| self.environment(until));
        let mut all = pin!(join_all(environments));
        let mut context = Context::from_waker(Waker::noop());
        while all.as_mut().poll(&mut context).is_pending() {
            let next = self.wakes.borrow_mut().pop_first().unwrap();
            self.now.set(next);
        }
    }

    async fn environment(&self, until: Duration) {
        let deliverer = Deliverer::new(self, self, self, self.form, PAUSE);
        while self.now.get() < until {
            let messages = self.receive();
            if messages.is_empty() {
                self.sleep(Duration::from_secs(20)).await;
                continue;
            }
            let batch = Batch { messages };
            let start = self.now.get();
            let answer = deliverer.deliver(&batch, self.instant() + FUNCTION).await;
            assert!(
                self.now.get() - start <= FUNCTION,
                "the function was too slow"
            );
            let again = answer.batch_item_failures.iter();
            let again: BTreeSet<&str> = again.map(|it| it.item_identifier.as_str()).collect();
            let done = |id: &str| {
                let is_in = batch.messages.iter().any(|it| it.message_id == id);
                is_in && !again.contains(id)
            };
            self.queue
                .borrow_mut()
                .retain(|it| !done(&it.id.to_string()));
            // The requests take some time.
            self.sleep(Duration::from_millis(100)).await;
        }
    }

    /// The ids of the events that the service took, without repetitions.
    fn taken(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let taken = self.taken.borrow();
        let ids = taken.iter().map(|(_, id)| id.clone());
        ids.filter(|id| seen.insert(id.clone())).collect()
    }

    /// When the service was asked about this event.
    fn tries(&self, id: &str) -> Vec<u64> {
        let tries = self.tries.borrow();
        let of = tries.iter().filter(|(_, it)| it == id);
        of.map(|(at, _)| at.as_secs()).collect()
    }

    /// Checks that each event is taken, buried or still there, and the order in each group.
    fn check(&self, sent: usize) {
        let taken = self.taken();
        let all = taken.len() + self.dead.borrow().len() + self.queue.borrow().len();
        assert_eq!(all, sent);
        let mut last: BTreeMap<&str, usize> = BTreeMap::new();
        for id in &taken {
            let (group, number) = id.split_once('-').unwrap();
            let number = number.parse().unwrap();
            let before = last.insert(group, number);
            assert!(
                before.is_none_or(|before| before < number),
                "{id} after {before:?}"
            );
        }
        // Half of what the queue allows.
        assert!(
            self.most_receives.get() <= MAX_RECEIVES / 2,
            "{}",
            self.most_receives.get()
        );
    }
}

impl Clock for &World {
    fn now(&self) -> Duration {
        self.now.get()
    }

    fn instant(&self) -> Instant {
        self.origin + self.now.get()
    }

    async fn sleep(&self, time: Duration) {
        let until = self.now.get() + time;
        poll_fn(|_| {
            if self.now.get() >= until {
                return Poll::Ready(());
            }
            self.wakes.borrow_mut().insert(until);
            Poll::Pending
        })
        .await;
    }
}

impl Service for &World {
    async fn post(&self, form: Form, id: &str, body: String, now: Duration) -> Said {
        let ids = ids(&body);
        assert_eq!(form, self.form);
        assert_eq!(body.starts_with('['), form == Form::Batch);
        assert!(ids == [id] || ids.len() > 1 && !id.contains('.'));
        let tries = ids.iter().map(|id| (now, (*id).to_owned()));
        self.tries.borrow_mut().extend(tries);
        self.requests.set(self.requests.get() + 1);
        let failed = |why: &str, asked| Said::Failed {
            why: why.to_owned(),
            asked,
        };
        for id in &ids {
            match (self.behaviour)(now, id) {
                Does::Take => {}
                Does::Fail => return failed("its status is 500", None),
                Does::Refuse => return Said::NeverAgain("its status is 410"),
                Does::Ask(time) => return failed("its status is 429", Some(time)),
                Does::Hang => {
                    self.sleep(TIMEOUT).await;
                    return failed("it did not answer", None);
                }
            }
        }
        let taken = ids.iter().map(|id| (now, (*id).to_owned()));
        self.taken.borrow_mut().extend(taken);
        Said::Taken
    }
}

fn ids(body: &str) -> Vec<&str> {
    let events = body.split(r#""id":""#).skip(1);
    events
        .map(|event| event.split('"').next().unwrap())
        .collect()
}

impl Queue for &World {
    async fn hide(&self, receipt: &str, time: Duration) -> Result<(), String> {
        assert!(
            time <= Duration::from_secs(12 * 3600),
            "SQS allows 12 hours"
        );
        let mut queue = self.queue.borrow_mut();
        let message = queue.iter_mut().find(|it| it.id.to_string() == receipt);
        message.unwrap().visible = self.now.get() + time;
        Ok(())
    }

    async fn bury(&self, group: &str, message_id: &str, body: &str) -> Result<(), String> {
        if !self.buries.get() {
            return Err("unavailable".to_owned());
        }
        let queue = self.queue.borrow();
        let message = queue
            .iter()
            .find(|it| it.id.to_string() == message_id)
            .unwrap();
        assert_eq!((group, body), (&*message.group, message.body.as_str()));
        self.dead.borrow_mut().push(body.to_owned());
        Ok(())
    }
}

/// Sends the events of some subjects, one after the other, evenly over this time.
fn send_all(world: &World, subjects: u32, events: u32, over: Duration) -> usize {
    let all = subjects * events;
    for n in 0..all {
        let subject = n % subjects;
        let id = format!("s{subject}-{}", n / subjects);
        world.send(over * n / all, &format!("s{subject}"), &id);
    }
    all as usize
}

#[test]
fn after_an_outage_of_an_hour_everything_is_delivered_in_order() {
    for away in [Does::Fail, Does::Hang, Does::Ask(Duration::from_secs(30))] {
        let world = World::new(move |now, _| if now < HOUR { away } else { Does::Take });
        let sent = send_all(&world, 40, 15, HOUR);
        world.run(4 * HOUR);
        world.check(sent);
        assert_eq!(world.taken().len(), sent);
        assert!(world.dead.borrow().is_empty());
    }
}

#[test]
fn after_an_outage_of_more_than_a_day_each_event_is_delivered_or_a_dead_letter() {
    let outage = 25 * HOUR;
    let world = World::new(move |now, _| if now < outage { Does::Hang } else { Does::Take });
    let sent = send_all(&world, 100, 5, outage);
    world.run(outage - 2 * PAUSE);
    // Those of the first hour have had their day.
    let dead = world.dead.borrow().len();
    assert!((10..=30).contains(&dead), "{dead}");
    // A request in a pause by each environment, and the last tries.
    let tries = world.tries.borrow().len() as u64;
    assert!(
        tries < ENVIRONMENTS as u64 * outage.as_secs() / PAUSE.as_secs(),
        "{tries}"
    );
    world.run(outage + 12 * HOUR);
    world.check(sent);
    assert!(world.queue.borrow().is_empty());
    // What was not tried in vain before the circuit opened is there some minutes after the outage.
    let soon = outage + LEFT_ALONE + 2 * PAUSE;
    let taken = world.taken.borrow();
    let late = taken.iter().filter(|(at, _)| *at > soon).count();
    assert!(late <= 5 * ENVIRONMENTS * 5, "{late}");
}

#[test]
fn no_event_is_tried_before_the_time_that_the_service_asks_for() {
    let world = World::new(|_, _| Does::Ask(HOUR));
    send_all(&world, 30, 1, Duration::ZERO);
    world.run(5 * HOUR);
    let mut waits = 0;
    for subject in 0..30 {
        let tries = world.tries(&format!("s{subject}-0"));
        for two in tries.windows(2) {
            assert!(two[1] - two[0] >= HOUR.as_secs(), "{tries:?}");
            waits += 1;
        }
    }
    assert!(waits >= 60, "{waits}");
}

#[test]
fn while_the_service_is_away_most_events_are_not_in_flight() {
    for away in [Does::Fail, Does::Hang] {
        let world = World::new(move |now, _| if now < HOUR { away } else { Does::Take });
        let sent = send_all(&world, 2000, 1, Duration::ZERO);
        world.run(HOUR);
        // What an environment holds, what it put back in three minutes, and its first failures.
        let most = world.most_hidden.get();
        assert!(most <= 45 * ENVIRONMENTS, "{most}");
        world.run(5 * HOUR);
        world.check(sent);
        assert_eq!(world.taken().len(), sent);
    }
}

#[test]
fn a_hundred_subjects_of_a_hundred_events_keep_their_order_through_retries() {
    // A tenth of the first tries fails, here and there, and five events fail for ten minutes.
    let tried = RefCell::new(HashSet::new());
    let world = World::new(move |now, id| {
        let digits = id
            .bytes()
            .fold(7_u32, |sum, byte| sum.wrapping_mul(31) + u32::from(byte));
        let is_first = tried.borrow_mut().insert(id.to_owned());
        let is_stubborn = id.ends_with("-50") && id.starts_with("s1");
        match (is_stubborn, is_first && digits % 10 == 0) {
            (true, _) if now < HOUR / 6 => Does::Fail,
            (false, true) => Does::Hang,
            _ => Does::Take,
        }
    });
    let sent = send_all(&world, 100, 100, HOUR / 20);
    world.run(3 * HOUR);
    world.check(sent);
    assert_eq!(world.taken().len(), 10_000);
    assert!(world.tries.borrow().len() > 10_500);
}

#[test]
fn an_event_that_the_service_never_takes_holds_up_its_subject_for_a_day_and_nothing_else() {
    let world = World::new(|_, id| if id == "s0-0" { Does::Fail } else { Does::Take });
    let sent = send_all(&world, 20, 10, HOUR);
    world.run(END - HOUR);
    assert_eq!(world.taken().len(), sent - 10);
    world.run(END + HOUR);
    world.check(sent);
    assert_eq!(world.dead.borrow().len(), 1);
    assert!(world.dead.borrow()[0].contains("s0-0"));
    assert_eq!(world.taken().len(), sent - 1);
    // Seven tries and three at the end.
    let tries = world.tries("s0-0");
    assert_eq!(tries.len(), 7 + 3, "{tries:?}");
    assert!(tries[9] >= END.as_secs());
}

#[test]
fn events_in_batches_need_few_requests_and_one_that_fails_holds_up_only_its_subject() {
    let mut world = World::new(|_, id| match id {
        "s0-0" => Does::Fail,
        "s1-0" => Does::Refuse,
        _ => Does::Take,
    });
    world.form = Form::Batch;
    // Twenty at a time, so that the batches are full.
    let sent = send_all(&world, 20, 50, Duration::from_secs(10));
    world.run(HOUR);
    world.check(sent);
    assert_eq!(world.taken().len(), sent - 50 - 1);
    assert_eq!(world.dead.borrow().len(), 1);
    assert!(world.requests.get() < sent / 3, "{}", world.requests.get());
    world.run(END + HOUR);
    world.check(sent);
    assert_eq!(world.taken().len(), sent - 2);
}

#[test]
fn an_event_that_was_held_up_for_a_day_is_tried_more_than_once() {
    let world = World::new(move |now, id| match id {
        "s0-0" => Does::Fail,
        // Its first try fails, because the service starts again just then.
        "s0-1" if now < END + Duration::from_secs(14) => Does::Fail,
        _ => Does::Take,
    });
    world.send(Duration::ZERO, "s0", "s0-0");
    world.send(Duration::ZERO, "s0", "s0-1");
    world.run(END + HOUR);
    world.check(2);
    assert_eq!(world.taken(), ["s0-1"]);
    assert!(world.tries("s0-1").len() > 1);
}

#[test]
fn a_410_and_what_is_no_event_are_dead_letters_at_once_and_hold_up_nothing() {
    let world = World::new(|_, id| {
        if id == "s0-0" {
            Does::Refuse
        } else {
            Does::Take
        }
    });
    world.send(Duration::ZERO, "s0", "s0-0");
    for body in [
        "",
        "x",
        "{}",
        r#"{"id":""}"#,
        r#"{"id":"a.b"}"#,
        r#"{"id":"a b"}"#,
        r#"{"id":7}"#,
    ] {
        world.send(Duration::ZERO, "s0", "s0-0");
        world.queue.borrow_mut().last_mut().unwrap().body = body.to_owned();
    }
    world.send(Duration::ZERO, "s0", "s0-1");
    world.run(Duration::from_secs(60));
    world.check(9);
    assert_eq!(world.dead.borrow().len(), 8);
    assert_eq!(world.taken(), ["s0-1"]);
    assert_eq!(world.tries("s0-0").len(), 1);
}

#[test]
fn an_event_stays_in_the_queue_while_the_dead_letter_queue_does_not_take_it() {
    let world = World::new(|_, _| Does::Refuse);
    world.buries.set(false);
    world.send(Duration::ZERO, "s0", "s0-0");
    world.run(HOUR);
    assert_eq!(world.queue.borrow().len(), 1);
    world.buries.set(true);
    world.run(2 * HOUR);
    assert_eq!(world.dead.borrow().len(), 1);
    assert!(world.queue.borrow().is_empty());
}

#[test]
fn a_function_without_time_gives_its_messages_back_and_asks_nobody() {
    let world = World::new(|_, _| Does::Take);
    world.send(Duration::ZERO, "s0", "s0-0");
    let batch = Batch {
        messages: world.receive(),
    };
    let deliverer = Deliverer::new(&world, &world, &world, Form::Single, PAUSE);
    let mut delivering = pin!(deliverer.deliver(&batch, world.origin + TIMEOUT));
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(answer) = delivering.as_mut().poll(&mut context) else {
        panic!("it waits");
    };
    assert_eq!(answer.batch_item_failures.len(), 1);
    assert!(world.tries.borrow().is_empty());
    assert_eq!(world.queue.borrow()[0].visible, Duration::ZERO);
}
