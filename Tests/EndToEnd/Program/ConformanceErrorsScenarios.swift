// Promises about errors that any pool is asked to keep: of a function, and of the sequence its inputs come from.

import Gantry
import Glibc

private let divide = Function("divide") { (a: Int, b: Int) in
  if b == 0 { throw PlainError("division by zero") }
  return (a / b, a % b)
}
private let failsAtFour = Function("failsAtFour") { (x: Int) in
  if x == 4 { throw CodedError(code: 4, reasons: ["bad input"]) }
  return x * x
}
private let square = Function("square") { (x: Int) in x * x }
private let squareBy1 = Function("squareBy1", options: .init(chunking: .fixed(1))) { (x: Int) in x * x }
private let squareBy2 = Function("squareBy2", options: .init(chunking: .fixed(2))) { (x: Int) in x * x }
private let squareBy4 = Function("squareBy4", options: .init(chunking: .fixed(4))) { (x: Int) in x * x }
private let add = Function("add") { (a: Int, b: Int) in a + b }
private let megabyte = Function("megabyte", options: .init(maxContainers: 2)) { (x: Int) -> Int in
  Board.add(1)
  Board.await(0, atLeast: 1)
  Board.add(2)
  throw PlainError(String(repeating: "m", count: 1 << 20))
}
private let tooLate = Function("tooLate", options: .init(timeout: .seconds(30))) { (x: Int) in
  if x == 1 { throw TimeoutError() }
  return x
}
private let unpacked = Function("unpacked", options: .init(maxContainers: 1)) { (x: Int) -> UnreadableValue in
  Board.add(8)
  return UnreadableValue(number: x)
}
private let empty = Function("empty") { (x: Int) in
  if x == 1 { throw EmptyError() }
  return x
}
private let first = Function("first", options: .init(maxContainers: 2)) { (x: Int) in
  if x == 0 { throw PlainError("at once") }
  while Board.value(9) == 0 { nap(1) }
  return x
}

/// Can be written and not read, every third of them.
struct UnreadableValue: Payload {
  // Its coding is what counts here, though it could travel as memory.
  static var isBitwise: Bool { false }
  var number: Int
  init(number: Int) { self.number = number }
  init(from decoder: inout PayloadDecoder) throws {
    number = try decoder.decode()
    if number % 3 == 0 { throw PlainError("number \(number) cannot be read") }
  }
  func encode(into encoder: inout PayloadEncoder) { encoder.encode(number) }
}

/// What a map over a stream that throws gives before it throws, in the order it is given.
private func taken(_ results: MapResults<Int>, line: Int = #line) async -> [Int] {
  var outputs: [Int] = []
  let error = await thrown(line: line) { for try await output in results { outputs.append(output) } }
  // As it was thrown: no error of an input, and none of the runtime.
  _ = require(error, Hiccup.self, line: line)
  return outputs
}

let conformanceErrorsScenarios = ScenarioGroup(
  name: "conformance-errors",
  scenarios: [
    Scenario(
      name: "a division by zero stands at its place, and what follows it is computed all the same",
      functions: [divide]
    ) { _ in
      let results = try await divide.map([5, 5, 5, 5], [2, 3, 0, 5]).results.collect()
      expectEqual(results.count, 4)
      for (index, expected) in [(0, (2, 1)), (1, (1, 2)), (3, (1, 0))] {
        guard case .success(let pair) = results[index], pair == expected else { fail("\(results[index])") }
      }
      guard case .failure(let error) = results[2], error.index == 2 else { fail("\(results[2])") }
      expectEqual(thrownByFunction(error).message, "division by zero")
    },
    Scenario(
      name: "errors as values leave the others alone and keep type and message", functions: [failsAtFour]
    ) { _ in
      let results = try await failsAtFour.map(0..<6).results.collect()
      expectEqual(results.map { try? $0.get() }, [0, 1, 4, 9, nil, 25])
      guard case .failure(let error) = results[4] else { fail("\(results[4])") }
      let inner = thrownByFunction(error)
      expectEqual(inner.underlying as? CodedError, CodedError(code: 4, reasons: ["bad input"]))
      expect(inner.message.contains("bad input") && "\(error)".contains("failsAtFour"), "\(error)")
      let whole = try await failsAtFour.map(0..<4).results.collect()
      expectEqual(try whole.map { try $0.get() }, [0, 1, 4, 9])
    },
    Scenario(
      name: "a shutdown waits for calls that are about to fail with a megabyte of text",
      functions: [megabyte]
    ) { driver in
      let calls = [try await megabyte.spawn(1), try await megabyte.spawn(2)]
      let map = Task { try await megabyte.map([1]).collect() }
      await eventually("both run") { Board.value(1) == 2 }
      try await rest(200)
      let ending = Task { await driver.shutdown() }
      try await rest(300)
      expectEqual(Board.value(2), 0, "calls that have ended")
      Board.set(0, 1)
      for call in calls {
        let error = thrownByFunction(await thrown { _ = try await call.get() })
        expect(
          error.message.hasPrefix("mmmm") && error.message.utf8.count >= 32_000, "\(error.message.utf8.count)"
        )
      }
      _ = thrownByFunction(await thrown { _ = try await map.value })
      await ending.value
      expectEqual(Board.value(2), 3, "calls that have ended")
      expectEqual(descendants().count, 0, "processes")
    },
    Scenario(
      name: "outputs that cannot be read fail one by one, twenty times in a row, and cost no container",
      functions: [unpacked]
    ) { driver in
      for round in 0..<20 {
        let results = try await unpacked.map(0..<6).results.collect()
        for (index, result) in results.enumerated() {
          switch result {
          case .success(let value):
            expect(value.number == index && index % 3 != 0, "\(index) in round \(round)")
          case .failure(let error):
            guard case .undeliverable(let why) = error.reason, index % 3 == 0 else { fail("\(error)") }
            expect(error.index == index && why.contains("cannot be read"), "\(error)")
          }
        }
        let single = require(await thrown { _ = try await unpacked.remote(3) }, InputError.self)
        guard case .undeliverable = single.reason else { fail("\(single)") }
      }
      expectEqual(Board.value(8), 20 * 7, "inputs that ran")
      expectEqual(driver.statistics.functions[0].containersStarted, 1)
    },
    Scenario(
      name: "a timeout that the function throws is the function's, and the iteration goes on",
      functions: [tooLate]
    ) { _ in
      let results = try await all(tooLate.map(0..<4).results)
      expectEqual(results.map { try? $0.get() }, [0, nil, 2, 3])
      guard case .failure(let error) = results[1] else { fail("\(results[1])") }
      expect(thrownByFunction(error).underlying is TimeoutError, "\(error)")
    },
    Scenario(name: "an error that says nothing is not swallowed", functions: [empty]) { _ in
      var iterator = empty.map(0..<3).makeAsyncIterator()
      expectEqual(try await iterator.next(), 0)
      let error = thrownByFunction(await thrown { _ = try await iterator.next() })
      expectEqual(error.message, "")
      expectEqual(try await iterator.next(), nil)
      expectEqual(thrownByFunction(await thrown { try await empty.forEach([1]) }).message, "")
      expectEqual(thrownByFunction(await thrown { _ = try await empty.spawn(1).get() }).message, "")
    },
    Scenario(
      name: "a first input that fails at once ends the map while a hundred others never end",
      functions: [first]
    ) { driver in
      let error = await thrown { _ = try await first.map(0...100).collect() }
      expectEqual(thrownByFunction(error).message, "at once")
      let lazily = await thrown { for try await _ in first.map(unknown(0...100)) {} }
      expectEqual(require(lazily, InputError.self).index, 0)
      Board.set(9, 1)
      expectEqual(try await first.map(1..<5).collect(), [1, 2, 3, 4])
    },
    Scenario(
      name: "a sequence that throws before its first element gives that error, again and again",
      functions: [square, add]
    ) { _ in
      for _ in 0..<3 {
        expectEqual(await taken(square.map(Stream(throwsAt: 0))), [])
        _ = require(await thrown { _ = try await square.map(Stream(throwsAt: 0)).collect() }, Hiccup.self)
        _ = require(await thrown { try await square.forEach(Stream(throwsAt: 0)) }, Hiccup.self)
      }
      expectEqual(try await square.map(0..<3).collect(), [0, 1, 4])
    },
    Scenario(
      name:
        "a sequence that throws comes to its error after the outputs of all it gave before, in any chunks",
      functions: [squareBy1, squareBy2, squareBy4]
    ) { _ in
      expectEqual(await taken(squareBy1.map(Stream(count: 10, throwsAt: 3))), [0, 1, 4])
      // A partial chunk is run.
      let seven = (0..<7).map { $0 * $0 }
      for function in [squareBy1, squareBy2, squareBy4] {
        for window in [nil, 1, 3] {
          expectEqual(
            await taken(function.map(Stream(count: 20, throwsAt: 7), maxOutstandingInputs: window)), seven)
        }
        let unordered = await taken(function.map(Stream(count: 20, throwsAt: 7), orderOutputs: false))
        expectEqual(unordered.sorted(), seven)
      }
    },
    Scenario(
      name: "wherever a sequence throws, the driver serves the next map", functions: [square, squareBy2]
    ) { _ in
      for function in [square, squareBy2] {
        for place in [0, 5, 19] {
          let outputs = await taken(function.map(Stream(count: 20, throwsAt: place)))
          expectEqual(outputs, (0..<place).map { $0 * $0 })
          expectEqual(try await function.map(0..<20).collect(), (0..<20).map { $0 * $0 })
        }
      }
    },
    Scenario(
      name: "map, starmap, for-each and spawn-map pass on what the sequence throws, and let go of it",
      functions: [square, add]
    ) { _ in
      let inputs = (0..<5).map { _ in Stream(throwsAt: 3) }
      _ = require(await thrown { _ = try await square.map(inputs[0]).collect() }, Hiccup.self)
      _ = require(
        await thrown { for try await _ in add.map(inputs[1], Stream()) {} }, Hiccup.self)
      _ = require(await thrown { try await square.forEach(inputs[2]) }, Hiccup.self)
      let call = try await square.spawnMap(inputs[3])
      _ = require(await thrown { try await call.wait() }, Hiccup.self)
      let pairs = AsyncThrowingStream<(Int, Int), any Error> { continuation in
        continuation.yield((1, 2))
        continuation.finish(throwing: Hiccup(at: 1))
      }
      var sums: [Int] = []
      _ = require(await thrown { for try await sum in add.starmap(pairs) { sums.append(sum) } }, Hiccup.self)
      expectEqual(sums, [3])
      for (index, input) in inputs.dropLast().enumerated() {
        await eventually("sequence \(index) was let go") { input.released.taken == 1 }
      }
    },
  ])
