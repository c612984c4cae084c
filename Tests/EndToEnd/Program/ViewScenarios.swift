// Promises about the views of a map's results: outcomes, blocking results, and views of views.

import Dispatch
import Gantry
import Glibc

private let square = Function("square") { (x: Int) in x * x }
private let text = Function("text") { (x: Int) in "\(x)" }
private let picky = Function("picky") { (x: Int) -> Int in
  if x == 2 { throw Hiccup(at: x) }
  return x
}
private let flaky = Function(
  "flaky", options: .init(maxContainers: 1, retries: .init(maxRetries: 3, initialDelay: .milliseconds(1)))
) { (x: Int) -> Int in
  if x == 1, Board.add(0) < 3 { throw Hiccup(at: x) }
  return x
}
private let crashing = Function(
  "crashing", options: .init(crashRetries: .init(maxRetries: 1, initialDelay: .milliseconds(1)))
) { (x: Int) -> Int in
  if x == 7 { kill(getpid(), SIGKILL) }
  return x
}
private let napping = Function("napping") { (x: Int) -> Int in
  nap(x)
  return x
}

let viewScenarios = ScenarioGroup(
  name: "views",
  scenarios: [
    Scenario(
      name: "outcomes tell index, attempts, duration and container of every input", functions: [napping]
    ) { _ in
      let outcomes = try await napping.map([1, 20, 1]).outcomes.collect()
      expectEqual(outcomes.map(\.index), [0, 1, 2])
      expectEqual(outcomes.map(\.attempts), [1, 1, 1])
      expect(outcomes[1].duration >= .milliseconds(20), "\(outcomes[1].duration)")
      expect(
        outcomes[0].duration >= .milliseconds(1) && outcomes[0].duration > .zero, "\(outcomes[0].duration)")
      expect(outcomes.allSatisfy { $0.container > 0 && $0.container != getpid() }, "\(outcomes)")
    },
    Scenario(name: "outcomes count the attempts of an input that succeeded in the end", functions: [flaky]) {
      _ in
      let outcomes = try await flaky.map(0..<3).outcomes.collect()
      expectEqual(outcomes.map(\.attempts), [1, 3, 1])
      expectEqual(try outcomes[1].result.get(), 1)
    },
    Scenario(name: "outcomes hold failures as values", functions: [picky, crashing]) { _ in
      let thrown = try await picky.map(0..<4).outcomes.collect()
      expectEqual(thrown.count, 4)
      guard case .failure(let error) = thrown[2].result, case .threw = error.reason else {
        fail("\(thrown[2])")
      }
      expect(thrown[2].container > 0, "no container")
      let crashed = try await crashing.map(0..<49).outcomes.collect()
      expectEqual(crashed.map(\.index), Array(0..<49))
      guard case .failure(let death) = crashed[7].result, case .crashed(let exit) = death.reason else {
        fail("\(crashed[7])")
      }
      expectEqual(crashed[7].attempts, 2)
      expectEqual(crashed[7].container, exit.pid)
      expectEqual(crashed.count { (try? $0.result.get()) != nil }, 48)
    },
    Scenario(name: "outcomes come in completion order too, each once", functions: [text]) { _ in
      let outcomes = try await text.map(0..<5000, orderOutputs: false).outcomes.collect()
      expectEqual(outcomes.map(\.index).sorted(), Array(0..<5000))
      expect(
        outcomes.allSatisfy { (try? $0.result.get()) == "\($0.index)" },
        "an output stands with another's index")
    },
    Scenario(name: "views compose", functions: [picky]) { _ in
      let indexed = try await picky.map(0..<4).results.indexed.collect()
      expectEqual(indexed.map(\.index), [0, 1, 2, 3])
      expectEqual(indexed.compactMap { try? $0.output.get() }, [0, 1, 3])
      var values: [Int] = []
      for try await batch in picky.map(0..<4).results.batches { values += batch.compactMap { try? $0.get() } }
      expectEqual(values, [0, 1, 3])
      let pairs = try await picky.map([0, 1]).indexed.batches.collect().flatMap { $0 }
      expectEqual(pairs.map(\.output), [0, 1])
      let late = try await picky.map(0..<4).indexed.results.collect()
      expectEqual(late.count, 4)
      let all = try await picky.map(0..<4).outcomes.batches.collect().flatMap { $0 }
      expectEqual(all.map(\.index), [0, 1, 2, 3])
    },
    Scenario(
      name: "results that block give outputs, then the first failure, then nothing", functions: [picky, text]
    ) { _ in
      await onThread {
        var iterator = picky.map(0..<10).blocking.makeIterator()
        expectEqual(try? iterator.next()?.get(), 0)
        expectEqual(try? iterator.next()?.get(), 1)
        guard case .failure(let error) = iterator.next() else { fail("no failure") }
        expectEqual(require(error, InputError.self).index, 2)
        expect(iterator.next() == nil, "an element behind the failure")
        expect(iterator.next() == nil, "an element behind the end")
        expectEqual(try? text.map(0..<3000).blocking.collect(), (0..<3000).map { "\($0)" })
      }
    },
    Scenario(name: "results that block take any source, and compose with views", functions: [picky]) { _ in
      await onThread {
        expectEqual(try? picky.map(Counted(count: 2)).blocking.collect(), [0, 1])
        expectEqual(try? picky.map(Stream(count: 2)).blocking.collect(), [0, 1])
        expectEqual(try? picky.map([0, 1, 2, 3]).results.blocking.collect().count, 4)
        expectEqual(try? picky.map([0, 1, 2, 3]).outcomes.blocking.collect().map(\.index), [0, 1, 2, 3])
        var taken = 0
        for _ in picky.map(Counted(pausesBefore: { _ in false }), maxOutstandingInputs: 2).blocking {
          taken += 1
          if taken == 2 { break }
        }
        expectEqual(try? picky.map([5]).blocking.collect(), [5])
      }
    },
    Scenario(name: "results that block on an actor read its sequences themselves", functions: [square]) { _ in
      try await blockOnMain()
    },
  ])

/// Runs code that blocks on a thread of its own.
private func onThread(_ body: @escaping @Sendable () -> Void) async {
  await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
    DispatchQueue.global().async {
      body()
      continuation.resume()
    }
  }
}

@MainActor private var read = 0

@MainActor private func blockOnMain() throws {
  let inputs = (0..<500).lazy.map { x in
    MainActor.assertIsolated()
    read += 1
    return x
  }
  expectEqual(try square.map(inputs, maxOutstandingInputs: 3).blocking.collect(), (0..<500).map { $0 * $0 })
  expectEqual(read, 500)
  expectEqual(try square.map(inputs).blocking.collect().count, 500)
}
