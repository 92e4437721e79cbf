package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// pattern is when callbacks come: by chance, but in bursts more often than in the calm between them.
type pattern struct {
	rate                float64
	burst               float64
	burstTime, calmTime time.Duration
}

// rates are those of a burst and of the calm, for the mean that is wanted.
func (of pattern) rates() (float64, float64, error) {
	long, calm := of.burstTime.Seconds(), of.calmTime.Seconds()
	in := of.rate * of.burst
	between := (of.rate*(long+calm) - in*long) / calm
	if of.burst == 1 {
		between = of.rate
	}
	if between < 0 || math.IsNaN(between) {
		return 0, 0, fmt.Errorf("bursts alone have a mean above %v a second", of.rate)
	}
	return in, between, nil
}

// times gives the moments of all callbacks, counted from the start.
func (of pattern) times(all time.Duration, random *rand.Rand) ([]time.Duration, error) {
	in, between, err := of.rates()
	if err != nil {
		return nil, err
	}
	var found []time.Duration
	end := all.Seconds()
	for at, inBurst := 0.0, false; at < end; inBurst = !inBurst {
		rate, length := between, of.calmTime.Seconds()
		if inBurst {
			rate, length = in, of.burstTime.Seconds()
		}
		until := min(at+random.ExpFloat64()*length, end)
		for next := at; rate > 0; {
			next += random.ExpFloat64() / rate
			if next >= until {
				break
			}
			found = append(found, time.Duration(next*float64(time.Second)))
		}
		at = until
	}
	return found, nil
}

// report is the result of a run.
type report struct {
	Rate         float64        `json:"rate"`
	Burst        float64        `json:"burst"`
	Processes    int            `json:"processes"`
	NetworkMs    float64        `json:"networkMs"`
	Seconds      float64        `json:"seconds"`
	Offered      int            `json:"offered"`
	Dropped      int64          `json:"dropped"`
	FirstDropS   float64        `json:"firstDropSeconds,omitempty"`
	Stalled      int64          `json:"stalled"`
	LongestStall float64        `json:"longestStallMs"`
	Sent         int            `json:"sent"`
	SentASecond  float64        `json:"sentASecond"`
	Answers      map[string]int `json:"answers"`
	Unreadable   int            `json:"unreadable"`
	Mean         float64        `json:"meanMs"`
	P50          float64        `json:"p50Ms"`
	P99          float64        `json:"p99Ms"`
	Max          float64        `json:"maxMs"`
	Stored       *stored        `json:"stored,omitempty"`
}

// stored compares the answers with the events table.
type stored struct {
	Accepted int `json:"accepted"`
	Lost     int `json:"acceptedAndNotStored"`
	Twice    int `json:"storedTwice"`
	// Stored, although the client got no answer in time.
	Unanswered int `json:"storedWithoutAnswer"`
}

func main() {
	url := flag.String("url", "http://127.0.0.1:9000", "where callbacks go")
	dynamodb := flag.String("dynamodb", "", "DynamoDB with the events table, to compare what is stored with what was answered")
	processes := flag.Int("processes", 1, "OpenIM's processes that send")
	network := flag.Duration("network", 0, "what the network takes for each request, there and back")
	seconds := flag.Float64("seconds", 30, "how long callbacks come")
	var wanted pattern
	flag.Float64Var(&wanted.rate, "rate", 20, "callbacks a second, in the mean")
	flag.Float64Var(&wanted.burst, "burst", 1, "how many times that rate in a burst; 1 is without bursts")
	flag.DurationVar(&wanted.burstTime, "burst-time", 5*time.Second, "mean length of a burst")
	flag.DurationVar(&wanted.calmTime, "calm-time", 20*time.Second, "mean time between two bursts")
	seed := flag.Uint64("seed", 1, "another number gives other moments")
	flag.Parse()
	if err := run(*url, *dynamodb, *processes, *network, *seconds, wanted, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run sends callbacks and prints what became of them.
func run(url, dynamodb string, count int, network time.Duration, seconds float64, wanted pattern, seed uint64) error {
	// The ids differ in each run, so that one table can have several.
	random := rand.New(rand.NewPCG(seed, uint64(time.Now().UnixNano())))
	moments, err := wanted.times(time.Duration(seconds*float64(time.Second)), rand.New(rand.NewPCG(seed, seed)))
	if err != nil {
		return err
	}
	outcomes := make(chan outcome, 1000)
	processes := make([]*process, count)
	for n := range processes {
		processes[n] = newProcess(url, network, outcomes)
	}
	var dropped, stalled, longest, firstDrop atomic.Int64
	var users sync.WaitGroup
	begin := time.Now()
	go func() {
		for n, moment := range moments {
			time.Sleep(time.Until(begin.Add(moment)))
			next := message(random)
			of := processes[n%count]
			users.Add(1)
			go func() {
				defer users.Done()
				asked := time.Now()
				if !of.push(next, patience) {
					dropped.Add(1)
					firstDrop.CompareAndSwap(0, int64(time.Since(begin)))
				}
				if waited := time.Since(asked); waited > 10*time.Millisecond {
					stalled.Add(1)
					for known := longest.Load(); int64(waited) > known && !longest.CompareAndSwap(known, int64(waited)); {
						known = longest.Load()
					}
				}
			}()
		}
		users.Wait()
		for _, of := range processes {
			of.stop()
		}
		close(outcomes)
	}()

	told := report{
		Rate: wanted.rate, Burst: wanted.burst, Processes: count, Offered: len(moments), Answers: map[string]int{},
		NetworkMs: float64(network) / 1e6,
	}
	var took []float64
	answered := map[string]bool{}
	for result := range outcomes {
		told.Sent++
		took = append(took, float64(result.took)/1e6)
		name := fmt.Sprint(result.status)
		if result.status == 0 {
			name = "none"
		} else if !result.readable {
			told.Unreadable++
		}
		told.Answers[name]++
		answered[result.operationID] = result.status == http.StatusOK && result.readable
	}
	told.Seconds = time.Since(begin).Seconds()
	told.SentASecond = float64(told.Sent) / told.Seconds
	told.Dropped, told.Stalled = dropped.Load(), stalled.Load()
	told.LongestStall = float64(longest.Load()) / 1e6
	told.FirstDropS = time.Duration(firstDrop.Load()).Seconds()
	for _, one := range took {
		told.Mean += one / float64(len(took))
	}
	slices.Sort(took)
	told.P50, told.P99, told.Max = percentile(took, 50), percentile(took, 99), percentile(took, 100)
	if dynamodb != "" {
		found, err := operations(dynamodb)
		if err != nil {
			return err
		}
		told.Stored = compare(answered, found)
	}
	text, err := json.Marshal(told)
	if err != nil {
		return err
	}
	fmt.Println(string(text))
	if told.Stored != nil && told.Stored.Lost+told.Stored.Twice > 0 {
		return fmt.Errorf("accepted callbacks were lost or stored twice")
	}
	return nil
}

// percentile is a measured value, by the nearest rank.
func percentile(sorted []float64, percent float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(percent / 100 * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}

func compare(answered map[string]bool, found map[string]int) *stored {
	told := stored{}
	for id, accepted := range answered {
		times := found[id]
		switch {
		case accepted && times == 0:
			told.Lost++
		case times > 1:
			told.Twice++
		case !accepted && times == 1:
			told.Unanswered++
		}
		if accepted {
			told.Accepted++
		}
	}
	return &told
}

// message is the callback of a text message: six of ten are to a user, the others to a group.
func message(random *rand.Rand) callback {
	operationID := fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64())
	now := time.Now().UnixMilli()
	content, _ := json.Marshal(map[string]string{"content": strings.Repeat("x", 1+random.IntN(120))})
	body := map[string]any{
		"sendID": fmt.Sprintf("%010d", random.IntN(100_000)), "serverMsgID": fmt.Sprintf("%032x", random.Uint64()),
		"clientMsgID": fmt.Sprintf("%032x", random.Uint64()), "operationID": operationID, "senderPlatformID": 1,
		"senderNickname": "Ana", "msgFrom": 100, "contentType": 101, "status": 1, "sendTime": now, "createTime": now,
		"content": string(content), "seq": 0, "atUserList": nil, "faceURL": "", "ex": "",
	}
	command := "callbackAfterSendSingleMsgCommand"
	if random.IntN(10) < 6 {
		body["sessionType"], body["recvID"] = 1, fmt.Sprintf("%010d", random.IntN(100_000))
	} else {
		command = "callbackAfterSendGroupMsgCommand"
		body["sessionType"], body["groupID"] = 3, fmt.Sprintf("g%06d", random.IntN(1000))
	}
	body["callbackCommand"] = command
	var text bytes.Buffer
	// As OpenIM's encoder, it ends with a line break.
	_ = json.NewEncoder(&text).Encode(body)
	return callback{command, operationID, text.Bytes()}
}

// operations reads the events table of `make run`: how many items each operation has.
func operations(endpoint string) (map[string]int, error) {
	found := map[string]int{}
	asked := map[string]any{"TableName": "events", "ProjectionExpression": "operation_id", "ConsistentRead": true}
	for {
		body, err := json.Marshal(asked)
		if err != nil {
			return nil, err
		}
		request, err := http.NewRequest(http.MethodPost, endpoint, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		request.Header.Set("Content-Type", "application/x-amz-json-1.0")
		request.Header.Set("X-Amz-Target", "DynamoDB_20120810.Scan")
		// The headers are required, but not checked.
		request.Header.Set("X-Amz-Date", "20261121T000000Z")
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20261121/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=local")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, err
		}
		var page struct {
			Items []struct {
				Operation struct{ S string } `json:"operation_id"`
			}
			LastEvaluatedKey map[string]any
		}
		err = json.NewDecoder(response.Body).Decode(&page)
		response.Body.Close()
		if err != nil {
			return nil, err
		}
		if response.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("DynamoDB answers %s", response.Status)
		}
		for _, item := range page.Items {
			found[item.Operation.S]++
		}
		if page.LastEvaluatedKey == nil {
			return found, nil
		}
		asked["ExclusiveStartKey"] = page.LastEvaluatedKey
	}
}
