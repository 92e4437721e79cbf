// Sends after callbacks as OpenIM's processes do, from a queue in memory, and counts what becomes of them.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// What OpenIM has from v3.8.1 on.
const (
	places      = 100
	workers     = 2
	patience    = 3 * time.Second
	connections = 100
	// The time-out in webhooks.yml as it is shipped.
	timeout = 5 * time.Second
)

// A callback on its way.
type callback struct {
	command, operationID string
	body                 []byte
}

// What became of a callback that a worker sent.
type outcome struct {
	operationID string
	took        time.Duration
	// 0 if no answer came.
	status int
	// Whether the body is a JSON object, which is all that OpenIM looks at.
	readable bool
}

// process is one process of a service of OpenIM, with its own queue and its own connections.
type process struct {
	queue chan callback
	done  chan outcome
	busy  sync.WaitGroup
}

func newProcess(url string, network time.Duration, done chan outcome) *process {
	started := &process{queue: make(chan callback, places), done: done}
	client := &http.Client{
		Timeout: timeout,
		// As OpenIM's: without a proxy, connections stay open for ever, and two of them while they are idle.
		Transport: distance{network, &http.Transport{MaxConnsPerHost: connections}},
	}
	started.busy.Add(workers)
	for range workers {
		go func() {
			defer started.busy.Done()
			for next := range started.queue {
				done <- send(client, url, next)
			}
		}()
	}
	return started
}

// push runs in the request of the user whose action is reported. It says whether the callback got a place. OpenIM ignores
// that it did not.
func (of *process) push(next callback, patience time.Duration) bool {
	select {
	case of.queue <- next:
		return true
	default:
	}
	enough := time.NewTimer(patience)
	defer enough.Stop()
	select {
	case of.queue <- next:
		return true
	case <-enough.C:
		return false
	}
}

// stop waits until everything in the queue was sent. OpenIM does not: it loses what waits when it ends.
func (of *process) stop() {
	close(of.queue)
	of.busy.Wait()
}

func send(client *http.Client, url string, next callback) outcome {
	begin := time.Now()
	result := outcome{operationID: next.operationID}
	request, err := http.NewRequest(http.MethodPost, url+"/"+next.command, bytes.NewReader(next.body))
	if err == nil {
		request.Header.Set("Content-Type", "application/json; charset=utf-8")
		request.Header.Set("operationID", next.operationID)
		var response *http.Response
		if response, err = client.Do(request); err == nil {
			var body []byte
			body, err = io.ReadAll(response.Body)
			response.Body.Close()
			if err == nil {
				result.status = response.StatusCode
				var object map[string]any
				result.readable = json.Unmarshal(body, &object) == nil
			}
		}
	}
	result.took = time.Since(begin)
	return result
}

// distance is a network that takes this long there and back.
type distance struct {
	takes time.Duration
	next  http.RoundTripper
}

func (of distance) RoundTrip(request *http.Request) (*http.Response, error) {
	select {
	case <-time.After(of.takes):
		return of.next.RoundTrip(request)
	case <-request.Context().Done():
		return nil, errors.New("too late")
	}
}
