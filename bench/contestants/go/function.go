// callbackAfterDeleteFriendCommand in Go: it does what the project's own function does, as a careful user would write it.
// It contains no code of this project, and is never deployed.
//
// The client is made while the function starts and keeps its connection. The environment is that of the project's
// functions.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	command          = "callbackAfterDeleteFriendCommand"
	maxBodyBytes     = 256 * 1024
	retentionSeconds = 365 * 24 * 60 * 60
)

// problem is the reason why a callback is not accepted.
type problem struct {
	status, code    int
	message, detail string
}

func (p *problem) Error() string { return p.message }

type function struct {
	accepted [sha256.Size]byte
	table    string
	dynamodb *dynamodb.Client
	log      *slog.Logger
}

func main() {
	function, err := newFunction(context.Background())
	if err != nil {
		slog.Error("the function cannot start", "error", err)
		os.Exit(1)
	}
	lambda.Start(function.handle)
}

func newFunction(ctx context.Context) (*function, error) {
	user, password := os.Getenv("OPENIM_BASIC_USER"), os.Getenv("OPENIM_BASIC_PASSWORD")
	table := os.Getenv("EVENTS_TABLE")
	if os.Getenv("OPENIM_VERIFIER") != "basic" || user == "" || password == "" || table == "" {
		return nil, errors.New("OPENIM_VERIFIER is not basic, or user, password or table is not set")
	}
	client := awshttp.NewBuildableClient().
		WithDialerOptions(func(dialer *net.Dialer) { dialer.Timeout = 500 * time.Millisecond }).
		WithTimeout(700 * time.Millisecond)
	settings, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(client), config.WithRetryMaxAttempts(2))
	if err != nil {
		return nil, err
	}
	return &function{
		accepted: sha256.Sum256([]byte(user + ":" + password)),
		table:    table,
		dynamodb: dynamodb.NewFromConfig(settings),
		log:      slog.New(slog.NewJSONHandler(os.Stdout, nil)),
	}, nil
}

func (f *function) handle(ctx context.Context, event events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	id := event.RequestContext.ExtendedRequestID
	if id == "" {
		id = event.RequestContext.RequestID
	}
	var authorization []string
	operationID := ""
	for name, values := range event.MultiValueHeaders {
		switch {
		case strings.EqualFold(name, "authorization"):
			authorization = values
		case strings.EqualFold(name, "operationID") && len(values) > 0:
			operationID = values[0]
		}
	}
	log := f.log.With("requestId", id, "operationID", operationID, "command", command)
	stored, err := f.accept(ctx, log, event, id, operationID, authorization)
	var refused *problem
	if errors.As(err, &refused) {
		log.Warn("callback refused", "code", refused.code, "problem", refused.message, "detail", refused.detail)
		detail := refused.detail
		if operationID != "" {
			detail = strings.TrimSpace(fmt.Sprintf("%s (operationID %s)", detail, operationID))
		}
		return answer(refused.status, refused.code, refused.message, detail, 1)
	}
	if err != nil {
		return events.APIGatewayProxyResponse{}, err
	}
	message := "callback was stored before"
	if stored {
		message = "callback stored"
	}
	log.Info(message, "events", 1)
	return answer(200, 0, "", "", 0)
}

func (f *function) accept(ctx context.Context, log *slog.Logger, event events.APIGatewayProxyRequest, id, operationID string, authorization []string) (bool, error) {
	if !f.isAuthorized(authorization) {
		return false, &problem{401, 29001, "the caller is not authorized", ""}
	}
	owner, friend, err := decode(event)
	if err != nil {
		return false, err
	}
	return f.store(ctx, log, id, event.RequestContext.RequestTimeEpoch, operationID, owner, friend)
}

func (f *function) isAuthorized(values []string) bool {
	if len(values) != 1 {
		return false
	}
	scheme, credentials, _ := strings.Cut(values[0], " ")
	given, err := base64.StdEncoding.DecodeString(credentials)
	sum := sha256.Sum256(given)
	right := subtle.ConstantTimeCompare(sum[:], f.accepted[:]) == 1
	return err == nil && right && strings.EqualFold(scheme, "basic")
}

// decode reads the user who deleted a friend, and that friend.
func decode(event events.APIGatewayProxyRequest) (owner, friend string, err error) {
	if event.HTTPMethod != "POST" {
		return "", "", &problem{405, 29002, "a callback is sent with POST", "the method is " + event.HTTPMethod}
	}
	body := []byte(event.Body)
	if event.IsBase64Encoded {
		if body, err = base64.StdEncoding.DecodeString(event.Body); err != nil {
			return "", "", err
		}
	}
	if len(body) > maxBodyBytes {
		return "", "", &problem{413, 29003, "the body is too large", fmt.Sprintf("%d bytes, %d are read", len(body), maxBodyBytes)}
	}
	if !utf8.Valid(body) {
		return "", "", &problem{400, 29005, "the body is not UTF-8", ""}
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return "", "", &problem{400, 29004, "the body is empty", "expected a JSON object"}
	}
	var callback struct {
		CallbackCommand string `json:"callbackCommand"`
		OwnerUserID     string `json:"ownerUserID"`
		FriendUserID    string `json:"friendUserID"`
	}
	if err := json.Unmarshal(body, &callback); err != nil {
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) {
			return "", "", &problem{400, 29007, "the body does not fit the command", "$." + wrongType.Field + ": unexpected " + wrongType.Value}
		}
		return "", "", &problem{400, 29006, "the body is not JSON", ""}
	}
	path := strings.TrimRight(event.Path, "/")
	inPath := path[strings.LastIndex(path, "/")+1:]
	for _, named := range []string{inPath, callback.CallbackCommand} {
		if named != "" && named != command {
			return "", "", &problem{400, 29009, "path, query and body name different commands", ""}
		}
	}
	if inPath == "" && callback.CallbackCommand == "" {
		return "", "", &problem{400, 29009, "neither path nor body names a command", ""}
	}
	for field, value := range map[string]string{"ownerUserID": callback.OwnerUserID, "friendUserID": callback.FriendUserID} {
		if value == "" || len(value) > 1000 {
			return "", "", &problem{400, 29007, "the body does not fit the command", "$." + field + ": expected a user id"}
		}
	}
	return callback.OwnerUserID, callback.FriendUserID, nil
}

// store writes the event, and returns whether it is new.
func (f *function) store(ctx context.Context, log *slog.Logger, id string, receivedMillis int64, operationID, owner, friend string) (bool, error) {
	receivedAt := time.UnixMilli(receivedMillis).UTC().Format("2006-01-02T15:04:05.000Z")
	event := map[string]types.AttributeValue{"type": text("friend_deleted"), "owner": text(owner), "friend": text(friend)}
	item := map[string]types.AttributeValue{
		"pk":          text("user#" + owner),
		"sk":          text(receivedAt + "#" + id),
		"id":          text(id),
		"received_at": text(receivedAt),
		"source":      text("openim"),
		"command":     text(command),
		"family":      text("relation"),
		"events":      &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberM{Value: event}}},
		"v":           number(2),
		"expires_at":  number(receivedMillis/1000 + retentionSeconds),
	}
	if operationID != "" {
		item["operation_id"] = text(operationID)
	}
	_, err := f.dynamodb.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:           &f.table,
		Item:                item,
		ConditionExpression: aws.String("attribute_not_exists(pk)"),
	})
	var exists *types.ConditionalCheckFailedException
	if errors.As(err, &exists) {
		return false, nil
	}
	if err != nil {
		log.Error("the event was not stored", "error", err, "owner", owner, "friend", friend, "receivedAt", receivedAt)
		return false, &problem{503, 29011, "the event could not be stored", ""}
	}
	return true, nil
}

func text(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }

func number(value int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(value, 10)}
}

func answer(status, code int, message, detail string, nextCode int) (events.APIGatewayProxyResponse, error) {
	body, err := json.Marshal(map[string]any{
		"actionCode": 0, "errCode": code, "errMsg": message, "errDlt": detail, "nextCode": nextCode,
	})
	return events.APIGatewayProxyResponse{
		StatusCode: status,
		Headers:    map[string]string{"content-type": "application/json"},
		Body:       string(body),
	}, err
}
