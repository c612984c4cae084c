// Drivers made in the tests themselves: a test runner has threads, so its containers are the runner started again.
// Run alone, by `tools/test`, with GANTRY_TEST_RUNNER set: in each container the runner begins all tests it was asked for.

import Gantry
import Glibc
import Testing

@Suite(.enabled(if: getenv("GANTRY_TEST_RUNNER") != nil))
struct RunnerTests {
  @Test("A driver of a test runs synchronous and asynchronous functions")
  func both() async throws {
    let square = Function("square") { (x: Int) in x * x }
    let napping = Function("napping") { (x: Int) async throws -> Int in
      try await Task.sleep(nanoseconds: 200_000)
      return x + 1
    }
    let driver = try Driver(square, napping)
    #expect(try await square.map(0..<500).collect() == (0..<500).map { $0 * $0 })
    #expect(try await napping.map(0..<100).collect() == (0..<100).map { $0 + 1 })
    #expect(try await square.remote(3) == 9)
    await driver.shutdown()
  }

  @Test("A driver of another test beside it is not taken for it, though its function has the same name")
  func beside() async throws {
    let square = Function("square") { (x: Int) in -x }
    let napping = Function("napping") { (x: Int) async throws -> Int in
      await Task.yield()
      return -x
    }
    let driver = try Driver(square, napping)
    #expect(try await square.map(0..<500).collect() == (0..<500).map { -$0 })
    #expect(try await napping.map(0..<100).collect() == (0..<100).map { -$0 })
    await driver.shutdown()
  }

  @Test("A crash costs one input, and not the test runner")
  func crash() async throws {
    let mortal = Function("mortal", options: .init(crashRetries: .init(maxRetries: 0))) { (x: Int) in
      if x == 5 { kill(getpid(), SIGKILL) }
      return x
    }
    let driver = try Driver(mortal)
    let results = try await mortal.map(0..<20).results.collect()
    #expect(results.compactMap { try? $0.get() } == (0..<20).filter { $0 != 5 })
    await driver.shutdown()
  }
}
