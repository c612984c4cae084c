// Promises about many calls at once: of one function, of several, single ones inside loops over maps.

import Gantry
import Glibc

private let square = Function("square") { (x: Int) in x * x }
private let text = Function("text", options: .init(maxContainers: 3)) { (x: Int) in "\(x)" }
private let alone = Function("alone", options: .init(maxContainers: 1)) { (x: Int) in x + 1 }
private let aloneText = Function("aloneText", options: .init(maxContainers: 1)) { (x: String) in x + "!" }
private let aloneAsync = Function("aloneAsync", options: .init(maxContainers: 1)) { (x: Int) async in
  await Task.yield()
  return x + 1
}
private let gated = Function("gated", options: .init(maxContainers: 1)) { (x: Int) in
  if x == 0 { Board.await(0, atLeast: 1) }
  return x
}
private let paced = Function("paced", options: .init(maxContainers: 1)) { (x: Int) in
  nap(1)
  return x
}
private let failing = Function("failing") { (x: Int) in
  if x % 7 == 3 { throw PlainError("\(x)") }
  return x
}
private let fast = Function("fast") { (x: Int) async in x + 1 }

let callsScenarios = ScenarioGroup(
  name: "calls",
  scenarios: [
    Scenario(name: "one call after another runs in one container", functions: [alone, aloneText]) { driver in
      var value = 0
      for _ in 0..<2000 { value = try await alone.remote(value) }
      expectEqual(value, 2000)
      var word = ""
      for _ in 0..<300 { word = try await aloneText.remote(word) }
      expectEqual(word.count, 300)
      expectEqual(driver.statistics.functions.map(\.containersStarted), [1, 1])
    },
    Scenario(
      name: "a call inside a loop over a map of the same single container never waits for ever",
      functions: [alone, aloneText, aloneAsync]
    ) { _ in
      var count = 0
      for try await output in alone.map(0..<2000) {
        count += 1
        expectEqual(output, count)
        expectEqual(try await alone.remote(output), output + 1)
      }
      expectEqual(count, 2000)
      count = 0
      for try await output in aloneText.map(unknown((0..<500).map { "\($0)" })) {
        expectEqual(try await aloneText.remote(output), "\(count)!!")
        count += 1
      }
      count = 0
      for try await output in aloneAsync.map(unknown(0..<500), orderOutputs: false, maxOutstandingInputs: 2) {
        expectEqual(try await aloneAsync.remote(output), output + 1)
        count += 1
      }
      expectEqual(count, 500)
    },
    Scenario(name: "a map inside a loop over a map of the same single container ends", functions: [alone]) {
      _ in
      var count = 0
      for try await output in alone.map(0..<200) {
        expectEqual(try await alone.map(0..<output).collect().count, output)
        for try await inner in alone.map(unknown(0..<100)) where inner == 3 { break }
        count += 1
      }
      expectEqual(count, 200)
    },
    Scenario(name: "a hundred calls at once are all answered", functions: [square, alone, text, fast]) { _ in
      for _ in 0..<5 {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for index in 0..<100 {
            group.addTask { expectEqual(try await square.remote(index), index * index) }
            group.addTask { expectEqual(try await alone.remote(index), index + 1) }
            group.addTask { expectEqual(try await text.remote(index), "\(index)") }
            group.addTask { expectEqual(try await fast.remote(index), index + 1) }
          }
          try await group.waitForAll()
        }
      }
    },
    Scenario(name: "ten tasks share one driver", functions: [square, text, alone, failing]) { _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<10 {
          group.addTask {
            for round in 0..<2 {
              expectEqual(
                try await square.map(0..<(500 + task)).collect(), (0..<(500 + task)).map { $0 * $0 })
              let texts = try await all(text.map(unknown(0..<200), orderOutputs: round == 0)).sorted()
              expectEqual(texts, (0..<200).map { "\($0)" }.sorted())
              for index in 0..<20 {
                if index % 2 == 0 {
                  expectEqual(try await alone.remote(index), index + 1)
                } else {
                  let call = Task { try await alone.remote(index) }
                  call.cancel()
                  do {
                    expectEqual(try await call.value, index + 1)
                  } catch {
                    _ = require(error, CancellationError.self)
                  }
                }
              }
              let results = try await failing.map(0..<100).results.collect()
              expectEqual(results.compactMap { try? $0.get() }, (0..<100).filter { $0 % 7 != 3 })
              _ = await thrown { try await failing.forEach(unknown(0..<100)) }
            }
          }
        }
        try await group.waitForAll()
      }
    },
    Scenario(name: "a hundred maps of one container at once are all served", functions: [alone, aloneText]) {
      _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<100 {
          group.addTask { expectEqual(try await alone.map(0..<index).collect(), Array(1..<(index + 1))) }
          group.addTask {
            let words = (0..<index).map { "\($0)" }
            expectEqual(try await all(aloneText.map(unknown(words))), words.map { $0 + "!" })
          }
        }
        try await group.waitForAll()
      }
    },
    Scenario(name: "maps of one function are fed in turn, and single calls go first", functions: [paced]) {
      _ in
      let long = Task { try await paced.map(0..<2000).collect() }
      let endless = Task { try await all(paced.map(Counted())) }
      try await rest(100)
      for _ in 0..<10 { expectEqual(try await paced.remote(5), 5) }
      expectEqual(try await paced.map(0..<100).collect(), Array(0..<100))
      expectEqual(try await paced.map(unknown(0..<100)).collect(), Array(0..<100))
      expect(!long.isCancelled, "")
      endless.cancel()
      _ = require(await thrown { _ = try await endless.value }, CancellationError.self)
      expectEqual(try await long.value.count, 2000)
    },
    Scenario(name: "results wait for their consumer while others are served", functions: [square, text]) {
      _ in
      var held: [MapResults<String>.AsyncIterator] = []
      for _ in 0..<20 {
        var iterator = text.map(Counted()).makeAsyncIterator()
        expectEqual(try await iterator.next(), "0")
        held.append(iterator)
      }
      expectEqual(try await text.map(0..<1000).collect().count, 1000)
      expectEqual(try await square.map(0..<1000).collect().count, 1000)
      for index in held.indices {
        for next in 1..<200 { expectEqual(try await held[index].next(), "\(next)") }
      }
    },
    Scenario(name: "maps are chained by arrays and by loops", functions: [square, text, alone]) { _ in
      let inner = try await square.map([1, 2, 3]).collect()
      expectEqual(try await square.map(inner).collect(), [1, 16, 81])
      expectEqual(try await text.map(inner.lazy.map { $0 + 1 }.filter { $0 > 2 }).collect(), ["5", "10"])
      var chained: [String] = []
      for try await one in square.map(unknown(0..<300)) {
        for try await two in alone.map([one]) { chained.append(try await text.remote(two)) }
      }
      expectEqual(chained, (0..<300).map { "\($0 * $0 + 1)" })
    },
    Scenario(name: "calls made from many threads at once begin and end", functions: [square, alone]) { _ in
      for _ in 0..<20 {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for index in 0..<50 {
            group.addTask {
              if index % 3 == 0 {
                for try await _ in square.map(Counted()) where Bool.random() { break }
              } else if index % 3 == 1 {
                expectEqual(try await alone.map(0..<50).collect().count, 50)
              } else {
                let task = Task { try await square.map(0..<10_000).collect() }
                await Task.yield()
                task.cancel()
                if case .success(let outputs) = await task.result { expectEqual(outputs.count, 10_000) }
              }
            }
          }
          try await group.waitForAll()
        }
        expectEqual(try await square.map(0..<100).collect().count, 100)
      }
    },
    Scenario(name: "a container that waits holds only its own inputs", functions: [gated]) { _ in
      let first = Task { try await gated.map(0..<100).collect() }
      await eventually("an input waits") { true }
      try await rest(50)
      let single = Task { try await gated.remote(7) }
      try await rest(50)
      Board.set(0, 1)
      expectEqual(try await first.value, Array(0..<100))
      expectEqual(try await single.value, 7)
    },
  ])
