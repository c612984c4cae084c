// What the server computes in containers: some of it crashes for some requests, as code does that parses what it is sent.

import Gantry
import Glibc

/// Values that the program is started with reach containers through what they capture.
struct Functions: Sendable {
  let factorial: Function<Int, Int>
  let sleeping: Function<Int, String>
  let crashing: Function<String, String>

  init(prefix: String) {
    // Traps beyond 20: the result does not fit.
    factorial = Function("factorial") { (n: Int) in (1...max(1, n)).reduce(1, *) }
    sleeping = Function("sleeping") { (milliseconds: Int) async throws -> String in
      try await Task.sleep(nanoseconds: UInt64(milliseconds) * 1_000_000)
      return "\(prefix) slept \(milliseconds) ms"
    }
    crashing = Function("crashing", options: .init(crashRetries: .init(maxRetries: 0))) {
      (way: String) -> String in
      switch way {
      case "trap": return "\(Array(way.utf8)[way.utf8.count])"
      case "kill": kill(getpid(), SIGKILL)
      case "exit": exit(3)
      default: break
      }
      return "\(prefix) survived \(way)"
    }
  }
}
