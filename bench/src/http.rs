//! HTTP/1.1 over a blocking stream.
//!
//! `httparse` reads the heads. hyper, or a server that uses it, would add its scheduler to every figure.

use std::io::{self, Read, Write};

/// The limit for heads and bodies, longer than any that the benchmark uses.
const MOST: usize = 8 * 1024 * 1024;
const MOST_HEADERS: usize = 64;

/// A request or an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Method and target, or status and reason.
    pub(crate) start: (String, String),
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// The value of a header. The case of its name does not matter.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the connection ends after this message.
    pub(crate) fn is_last(&self) -> bool {
        self.header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    /// The bytes of the message, with this first line and a content length.
    fn encode(&self, first_line: &str) -> Vec<u8> {
        let mut bytes = format!("{first_line}\r\n").into_bytes();
        for (name, value) in &self.headers {
            let framing = ["content-length", "transfer-encoding", "expect"];
            if !framing.iter().any(|it| name.eq_ignore_ascii_case(it)) {
                bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
        }
        bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", self.body.len()).as_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The bytes of a request.
    pub(crate) fn as_request(&self) -> Vec<u8> {
        let (method, target) = &self.start;
        self.encode(&format!("{method} {target} HTTP/1.1"))
    }

    /// The bytes of an answer.
    pub(crate) fn as_answer(&self) -> Vec<u8> {
        let (status, reason) = &self.start;
        self.encode(&format!("HTTP/1.1 {status} {reason}"))
    }
}

/// One end of a connection, with the bytes that were read but not used yet.
pub(crate) struct Connection<S> {
    stream: S,
    buffer: Vec<u8>,
}

/// The length of a message's head, and the message without its body.
type Head = (usize, Message);

impl<S: Read + Write> Connection<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        }
    }

    /// Writes all bytes at once.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// Reads the next request; `None` if the client has closed the connection.
    pub(crate) fn read_request(&mut self) -> io::Result<Option<Message>> {
        self.read(|bytes| {
            let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
            let mut request = httparse::Request::new(&mut headers);
            let httparse::Status::Complete(end) = request.parse(bytes)? else {
                return Ok(None);
            };
            let start = (request.method, request.path);
            Ok(Some((end, message(start, request.headers))))
        })
    }

    /// Reads the next answer; `None` if the server has closed the connection.
    pub(crate) fn read_answer(&mut self) -> io::Result<Option<Message>> {
        self.read(|bytes| {
            let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
            let mut answer = httparse::Response::new(&mut headers);
            let httparse::Status::Complete(end) = answer.parse(bytes)? else {
                return Ok(None);
            };
            let status = answer.code.map(|code| code.to_string());
            let start = (status.as_deref(), answer.reason);
            Ok(Some((end, message(start, answer.headers))))
        })
    }

    fn read(
        &mut self,
        parse: impl Fn(&[u8]) -> Result<Option<Head>, httparse::Error>,
    ) -> io::Result<Option<Message>> {
        let (end, mut message) = loop {
            match parse(&self.buffer).map_err(invalid)? {
                Some(head) => break head,
                None if self.fill()? => {}
                None if self.buffer.is_empty() => return Ok(None),
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        };
        self.buffer.drain(..end);
        if message.header("expect").is_some() {
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let chunked = message
            .header("transfer-encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
        message.body = if chunked {
            self.read_chunks()?
        } else {
            let length = message.header("content-length").unwrap_or("0");
            self.take(length.parse().map_err(invalid)?)?
        };
        Ok(Some(message))
    }

    fn read_chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let (start, size) = loop {
                match httparse::parse_chunk_size(&self.buffer) {
                    Ok(httparse::Status::Complete(found)) => break found,
                    Ok(httparse::Status::Partial) => self.fill_or_fail()?,
                    Err(_) => return Err(invalid("the size of a chunk is not a number")),
                }
            };
            self.buffer.drain(..start);
            let size = usize::try_from(size).map_err(invalid)?;
            if size == 0 {
                // The trailers end with an empty line.
                while !self.line()?.is_empty() {}
                return Ok(body);
            }
            body.extend(self.take(size)?);
            if !self.line()?.is_empty() {
                return Err(invalid("a chunk is longer than its size"));
            }
        }
    }

    /// Reads everything before the next CR and LF.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|two| two == b"\r\n") {
                let line = self.buffer[..end].to_vec();
                self.buffer.drain(..end + 2);
                return Ok(line);
            }
            self.fill_or_fail()?;
        }
    }

    fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        if length > MOST {
            return Err(invalid("a body is too long"));
        }
        while self.buffer.len() < length {
            self.fill_or_fail()?;
        }
        let rest = self.buffer.split_off(length);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    fn fill_or_fail(&mut self) -> io::Result<()> {
        match self.fill()? {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Reads the bytes that have arrived; false at the end of the stream.
    fn fill(&mut self) -> io::Result<bool> {
        if self.buffer.len() > MOST {
            return Err(invalid("a head is too long"));
        }
        let known = self.buffer.len();
        self.buffer.resize(known + 16 * 1024, 0);
        let read = self.stream.read(&mut self.buffer[known..]);
        self.buffer.truncate(known + *read.as_ref().unwrap_or(&0));
        Ok(read? > 0)
    }
}

fn message(start: (Option<&str>, Option<&str>), headers: &[httparse::Header<'_>]) -> Message {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = headers.iter();
    Message {
        start: (
            start.0.unwrap_or_default().to_owned(),
            start.1.unwrap_or_default().to_owned(),
        ),
        headers: headers
            .map(|header| (header.name.to_owned(), text(header.value)))
            .collect(),
        body: Vec::new(),
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream that is read in pieces of this size. It keeps everything that is written.
    struct Pieces {
        input: io::Cursor<Vec<u8>>,
        size: usize,
        output: Vec<u8>,
    }

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let size = self.size.min(buffer.len());
            self.input.read(&mut buffer[..size])
        }
    }

    impl Write for Pieces {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.output.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn connection(input: &str, size: usize) -> Connection<Pieces> {
        Connection::new(Pieces {
            input: io::Cursor::new(input.into()),
            size,
            output: Vec::new(),
        })
    }

    #[test]
    fn a_message_is_the_same_in_pieces_of_any_size_and_with_either_framing() {
        let length = "POST /a HTTP/1.1\r\nX-Name: v\r\nContent-Length: 11\r\n\r\nhello\r\nhey!";
        let chunks = "POST /a HTTP/1.1\r\nX-Name: v\r\nTransfer-Encoding: chunked\r\n\r\n\
                      7;x=y\r\nhello\r\n\r\n4\r\nhey!\r\n0\r\nTrailer: t\r\n\r\n";
        let next = "GET /b HTTP/1.1\r\nConnection: close\r\n\r\n";
        for first in [length, chunks] {
            for size in [1, 2, 3, 7, 1000] {
                let mut connection = connection(&format!("{first}{next}"), size);
                let message = connection.read_request().unwrap().unwrap();
                assert_eq!(message.start, ("POST".to_owned(), "/a".to_owned()));
                assert_eq!(message.header("x-nAme"), Some("v"));
                assert_eq!(message.body, b"hello\r\nhey!", "in pieces of {size}");
                assert!(!message.is_last());
                let message = connection.read_request().unwrap().unwrap();
                assert_eq!(message.start.1, "/b");
                assert!(message.is_last() && message.body.is_empty());
                assert_eq!(connection.read_request().unwrap(), None);
            }
        }
    }

    #[test]
    fn a_client_that_expects_100_continue_gets_it() {
        let head = "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}";
        let mut connection = connection(head, 1000);
        assert_eq!(connection.read_request().unwrap().unwrap().body, b"{}");
        assert_eq!(
            connection.stream.output,
            b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()
        );
    }

    #[test]
    fn a_message_that_ends_early_or_contradicts_itself_is_an_error() {
        for broken in [
            "POST /a HT",
            "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nab",
            "POST /a HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n",
            "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
        ] {
            assert!(
                connection(broken, 1000).read_request().is_err(),
                "{broken:?}"
            );
        }
    }

    #[test]
    fn a_message_that_is_passed_on_has_the_same_content() {
        let chunked =
            "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        let message = connection(chunked, 1000).read_request().unwrap().unwrap();
        let passed = String::from_utf8(message.as_request()).unwrap();
        assert_eq!(
            passed,
            "POST /a HTTP/1.1\r\nHost: h\r\ncontent-length: 2\r\n\r\n{}"
        );
        let answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 1\r\n\r\nx";
        let answer = connection(answer, 1000).read_answer().unwrap().unwrap();
        let passed = String::from_utf8(answer.as_answer()).unwrap();
        assert_eq!(
            passed,
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 1\r\n\r\nx"
        );
    }
}
