/* The least that any server can cost: epoll, one read, one fixed response of the same bytes as the sidecar's, one
 * write. It looks at a request only as far as it takes to know where it ends and which of two responses is due. What a
 * server costs beyond this is what its own work costs.
 *
 *     floor PORT        prints {"event":"ready"} once it listens on 127.0.0.1
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, INPUT_BYTES = 65536, OUTPUT_BYTES = 1 << 20 };

#define HEAD(status, length)                                                                                          \
  "HTTP/1.1 " status "\r\nAccess-Control-Allow-Origin: *\r\n"                                                        \
  "content-type: application/json; charset=utf-8\r\ncontent-length: " length "\r\n"                                  \
  "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=75\r\n\r\n"

static const char added[] = HEAD("200 OK", "22") "{\"ok\":true,\"result\":8}";
static const char unknown[] = HEAD("404 Not Found", "86")
    "{\"ok\":false,\"error\":{\"message\":\"Task app.tasks.nothing not found\",\"code\":\"NOT_FOUND\"}}";

static char input[INPUT_BYTES];
static char output[OUTPUT_BYTES];

/* Bytes of the request at the start of `text`; 0 when it is not whole. */
static size_t request_bytes(const char *text, size_t count) {
  const char *end = memmem(text, count, "\r\n\r\n", 4);
  if (end == NULL) return 0;
  size_t head = (size_t)(end - text) + 4;
  const char *length = memmem(text, head, "Content-Length: ", 16);
  size_t whole = head + (length != NULL ? strtoul(length + 16, NULL, 10) : 0);
  return whole <= count ? whole : 0;
}

static void serve(int client) {
  ssize_t count = read(client, input, sizeof input);
  if (count <= 0) {
    close(client);
    return;
  }
  size_t at = 0, written = 0, bytes;
  while (at < (size_t)count && (bytes = request_bytes(input + at, (size_t)count - at)) > 0) {
    int is_unknown = memmem(input + at, bytes < 64 ? bytes : 64, "nothing", 7) != NULL;
    const char *response = is_unknown ? unknown : added;
    size_t length = is_unknown ? sizeof unknown - 1 : sizeof added - 1;
    memcpy(output + written, response, length);
    written += length;
    at += bytes;
  }
  if (write(client, output, written) < 0) close(client);
}

int main(int count, char **arguments) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, events = epoll_create1(EPOLL_CLOEXEC);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(count > 1 ? atoi(arguments[1]) : 0)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1024) != 0) {
    perror("floor: cannot listen");
    return 1;
  }
  struct epoll_event wanted = {.events = EPOLLIN, .data.fd = listener}, ready[EVENTS];
  epoll_ctl(events, EPOLL_CTL_ADD, listener, &wanted);
  puts("{\"event\":\"ready\"}");
  fflush(stdout);
  for (;;) {
    int found = epoll_wait(events, ready, EVENTS, -1);
    for (int i = 0; i < found; i++) {
      if (ready[i].data.fd != listener) {
        serve(ready[i].data.fd);
        continue;
      }
      int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (client < 0) continue;
      setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      struct epoll_event read_it = {.events = EPOLLIN, .data.fd = client};
      epoll_ctl(events, EPOLL_CTL_ADD, client, &read_it);
    }
  }
}
