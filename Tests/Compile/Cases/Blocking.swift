// Blocking a thread of the asynchronous world is refused, and the way out named.
// swift-format-ignore-file

import Gantry

let square = Function("square") { (x: Int) in x * x }

func waiting() async throws {
  for result in square.map([1]).blocking { _ = try result.get() }  // error: use `for try await` or collect()
  _ = try square.map([1]).blocking.collect()  // error: use `for try await` or collect()
}

func synchronous() throws -> [Int] { try square.map([1]).blocking.collect() }
