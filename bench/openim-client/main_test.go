package main

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// The server's own queue did the same: with slow answers, pushes 0 to 101 succeeded at once, and the next was dropped.
func TestTwoAreSentAHundredWaitAndTheNextIsDropped(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
		<-release
		_, _ = answer.Write([]byte("{}"))
	}))
	defer server.Close()
	outcomes := make(chan outcome, 200)
	of := newProcess(server.URL, 0, outcomes)
	random := rand.New(rand.NewPCG(1, 1))
	begin := time.Now()
	for n := range workers + places {
		if !of.push(message(random), patience) {
			t.Fatal("dropped", n)
		}
	}
	if time.Since(begin) > patience/2 {
		t.Fatal("a push waited")
	}
	if of.push(message(random), 50*time.Millisecond) {
		t.Fatal("there was one more place")
	}
	close(release)
	of.stop()
	close(outcomes)
	count := 0
	for result := range outcomes {
		if result.status != 200 || !result.readable {
			t.Fatal(result)
		}
		count++
	}
	if count != workers+places {
		t.Fatal(count, "were sent")
	}
}

func TestBurstsKeepTheMean(t *testing.T) {
	wanted := pattern{rate: 20, burst: 4, burstTime: 5 * time.Second, calmTime: 20 * time.Second}
	times, err := wanted.times(10*time.Hour, rand.New(rand.NewPCG(1, 1)))
	mean := float64(len(times)) / 36_000
	if err != nil || mean < 19 || mean > 21 {
		t.Fatal(mean, err)
	}
	wanted.burst = 6
	if _, err := wanted.times(time.Hour, rand.New(rand.NewPCG(1, 1))); err == nil {
		t.Fatal("the calm would have a rate below 0")
	}
}

func TestAnAcceptedCallbackThatIsNotStoredOrTwiceIsFound(t *testing.T) {
	answered := map[string]bool{"a": true, "b": true, "c": true, "late": false}
	found := map[string]int{"a": 1, "c": 2, "late": 1}
	if told := *compare(answered, found); told != (stored{Accepted: 3, Lost: 1, Twice: 1, Unanswered: 1}) {
		t.Fatal(told)
	}
}
