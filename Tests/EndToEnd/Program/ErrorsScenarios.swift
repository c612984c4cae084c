// Promises about errors that the function throws, and about values that cannot travel.

import Gantry
import Glibc

/// Travels by its Codable coding.
struct CodedError: Error, Codable, Equatable {
  var code: Int
  var reasons: [String]
}

/// Travels by a coding of its own.
struct HandWrittenError: Error, Payload, Equatable {
  // Its coding is what counts here, though it could travel as memory.
  static var isBitwise: Bool { false }
  var number: Int
  init(number: Int) { self.number = number }
  init(from decoder: inout PayloadDecoder) throws { number = try decoder.decode() }
  func encode(into encoder: inout PayloadEncoder) { encoder.encode(number) }
}

enum BitwiseError: UInt8, Error, Payload, BitwiseCopyable {
  case low = 1
  case high = 2
}

/// Has no coding at all.
final class PlainError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Claims a coding that refuses to be used.
struct UncodableError: Error, Codable, CustomStringConvertible {
  var description: String { "the uncodable" }
  init() {}
  init(from decoder: any Decoder) throws { throw PlainError("cannot be read") }
  func encode(to encoder: any Encoder) throws { throw PlainError("cannot be written") }
}

/// Can be written and not read.
struct UnreadableError: Error, Codable {
  var number = 7
  init() {}
  init(from decoder: any Decoder) throws { throw PlainError("cannot be read") }
}

struct EmptyError: Error, CustomStringConvertible { var description: String { "" } }
struct TimeoutError: Error, Codable {}

private let failsAtFour = Function("failsAtFour") { (x: Int) in
  if x == 4 { throw CodedError(code: 4, reasons: ["four", "is", "bad"]) }
  return x * x
}
private let failsAtFourText = Function("failsAtFourText") { (x: Int) in
  if x == 4 { throw HandWrittenError(number: 4) }
  return "\(x * x)"
}
private let divide = Function("divide") { (a: Int, b: Int) in
  if b == 0 { throw PlainError("division by zero") }
  return (a / b, a % b)
}
private let throwsOf = Function("throwsOf") { (kind: Int) in
  switch kind {
  case 0: throw CodedError(code: 1, reasons: ["a", "b"])
  case 1: throw HandWrittenError(number: 2)
  case 2: throw BitwiseError.high
  case 3: throw PlainError("plain")
  case 4: throw UncodableError()
  case 5: throw UnreadableError()
  case 6: throw EmptyError()
  case 7: throw TimeoutError()
  case 8: throw CancellationError()
  default: return kind
  }
}
private let throwsOfAsync = Function("throwsOfAsync") { (kind: Int) async throws -> Int in
  await Task.yield()
  switch kind {
  case 0: throw CodedError(code: 1, reasons: ["a", "b"])
  case 3: throw PlainError("plain")
  case 8: throw CancellationError()
  default: return kind
  }
}
private let longText = Function("longText", options: .init(maxContainers: 2)) { (bytes: Int) -> Int in
  throw PlainError(String(repeating: "äx", count: bytes / 3))
}
private let longCoded = Function("longCoded", options: .init(maxContainers: 2)) { (bytes: Int) -> String in
  throw CodedError(code: bytes, reasons: [String(repeating: "y", count: bytes)])
}
private let firstFails = Function("firstFails", options: .init(maxContainers: 2)) { (x: Int) in
  if x == 0 { throw PlainError("at once") }
  nap(3_600_000)
  return x
}
private let allFail = Function("allFail") { (x: Int) -> Int in throw PlainError("\(x)") }
private let allFailText = Function("allFailText") { (x: Int) -> String in throw PlainError("\(x)") }
private let allFailVoid = Function("allFailVoid") { (x: Int) in if x >= 0 { throw PlainError("\(x)") } }
private let thirdFails = Function("thirdFails") { (x: Int) in if x % 3 == 0 { throw PlainError("\(x)") } }
private let textOf = Function("textOf") { (x: Int) in "\(x)" }
private let counted = Function(
  "counted", options: .init(maxContainers: 2, retries: .init(maxRetries: 3, initialDelay: .milliseconds(5)))
) { (slot: Int, failures: Int) in
  let attempt = Board.add(slot)
  if attempt <= failures { throw CodedError(code: attempt, reasons: []) }
  return attempt
}
private let countedText = Function(
  "countedText",
  options: .init(maxContainers: 2, retries: .init(maxRetries: 3, initialDelay: .milliseconds(5)))
) { (slot: Int, failures: Int) in
  let attempt = Board.add(slot)
  if attempt <= failures { throw CodedError(code: attempt, reasons: []) }
  return "\(attempt)"
}
private let backoff = Function(
  "backoff",
  options: .init(
    maxContainers: 1,
    retries: .init(
      maxRetries: 3, backoffCoefficient: 3, initialDelay: .milliseconds(40), maxDelay: .milliseconds(200)))
) { (x: Int) in
  if x == 3 {
    let attempt = Board.add(100)
    Board.set(100 + attempt, Int(ContinuousClock.now.milliseconds))
    throw PlainError("attempt \(attempt)")
  }
  return x
}
private let nested = Function("nested") { (x: Int) async throws -> Int in
  if x == 1 { return try await textOf.map([1]).collect().count }
  if x == 2 { return try await textOf.remote(1).count }
  if x == 3 { _ = try Driver(textOf) }
  return try await textOf.local(x).count
}

extension ContinuousClock.Instant {
  fileprivate var milliseconds: Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
  }
}

let errorsScenarios = ScenarioGroup(
  name: "errors",
  scenarios: [
    Scenario(
      name: "a failure is thrown after the outputs before it, and then the iterator has ended",
      functions: [failsAtFour, failsAtFourText, divide]
    ) { _ in
      for ceiling in [nil, 1, 3, 100] {
        var iterator = failsAtFour.map(unknown(0..<6), maxOutstandingInputs: ceiling).makeAsyncIterator()
        for index in 0..<4 { expectEqual(try await iterator.next(), index * index) }
        let error = await thrown { _ = try await iterator.next() }
        expectEqual(require(error, InputError.self).index, 4)
        for _ in 0..<2 { expectEqual(try await iterator.next(), nil) }
        var texts = failsAtFourText.map(0..<6, maxOutstandingInputs: ceiling).makeAsyncIterator()
        for index in 0..<4 { expectEqual(try await texts.next(), "\(index * index)") }
        expectEqual(require(await thrown { _ = try await texts.next() }, InputError.self).index, 4)
        for _ in 0..<2 { expectEqual(try await texts.next(), nil) }
      }
      var pairs = divide.map([5, 5, 5, 5], [2, 3, 0, 5]).makeAsyncIterator()
      for expected in [(2, 1), (1, 2)] {
        guard let pair = try await pairs.next() else { fail("no \(expected)") }
        expect(pair == expected, "\(pair)")
      }
      let error = require(await thrown { _ = try await pairs.next() }, InputError.self)
      expectEqual(error.index, 2)
      expect("\(error)".contains("division by zero") && "\(error)".contains("divide"), "\(error)")
    },
    Scenario(
      name: "collect and for-each throw the failure", functions: [failsAtFour, failsAtFourText, thirdFails]
    ) { _ in
      for _ in 0..<20 {
        for count in [5, 6, 1000] {
          for ordered in [true, false] {
            let packed = await thrown {
              _ = try await failsAtFour.map(0..<count, orderOutputs: ordered).collect()
            }
            expectEqual(require(packed, InputError.self).index, 4)
            expectEqual(
              thrownByFunction(packed).underlying as? CodedError,
              CodedError(code: 4, reasons: ["four", "is", "bad"]))
            let framed = await thrown {
              _ = try await failsAtFourText.map(unknown(0..<count), orderOutputs: ordered).collect()
            }
            expectEqual(require(framed, InputError.self).index, 4)
            let each = await thrown { try await failsAtFourText.forEach(0..<count) }
            expectEqual(thrownByFunction(each).underlying as? HandWrittenError, HandWrittenError(number: 4))
            _ = require(await thrown { try await thirdFails.forEach(unknown(0..<count)) }, InputError.self)
          }
        }
      }
    },
    Scenario(
      name: "results give failures as values and go on",
      functions: [failsAtFour, failsAtFourText, allFail, allFailText]
    ) {
      _ in
      for ordered in [true, false] {
        for ceiling in [nil, 1, 3] {
          let packed = failsAtFour.map(unknown(0..<300), orderOutputs: ordered, maxOutstandingInputs: ceiling)
          var failures = 0
          for (index, result) in try await all(packed.results.indexed) {
            switch result {
            case .success(let output): expectEqual(output, index * index)
            case .failure(let error):
              failures += 1
              expect(
                index == 4 && error.index == 4 && error.attempts == 1 && error.function == "failsAtFour",
                "\(error)")
            }
          }
          expectEqual(failures, 1)
          let framed = failsAtFourText.map(0..<300, orderOutputs: ordered, maxOutstandingInputs: ceiling)
          let texts = try await framed.results.batches.collect().joined().map { try? $0.get() }
          expectEqual(texts.count, 300)
          expectEqual(Set(texts), Set((0..<300).map { $0 == 4 ? nil : "\($0 * $0)" }))
          let failing = allFail.map(unknown(0..<500), orderOutputs: ordered, maxOutstandingInputs: ceiling)
          let indices = try await failing.results.collect().map { result in
            guard case .failure(let error) = result else { fail("\(result)") }
            return error.index
          }
          expectEqual(indices.sorted(), Array(0..<500))
          if ordered { expectEqual(indices, Array(0..<500)) }
          let lazily = allFailText.map(0..<500, orderOutputs: ordered, maxOutstandingInputs: ceiling)
          expectEqual(try await all(lazily.results).count, 500)
        }
      }
      expectEqual(
        try await failsAtFour.map(0..<4).results.collect().compactMap { try? $0.get() }, [0, 1, 4, 9])
    },
    Scenario(name: "an error arrives as its own type", functions: [throwsOf, throwsOfAsync]) { _ in
      func error(_ kind: Int) async -> UserCodeError {
        thrownByFunction(await thrown { _ = try await throwsOf.remote(kind) })
      }
      let coded = await error(0)
      expectEqual(coded.underlying as? CodedError, CodedError(code: 1, reasons: ["a", "b"]))
      expectEqual(coded.typeName, "EndToEndProgram.CodedError")
      expectEqual(await error(1).underlying as? HandWrittenError, HandWrittenError(number: 2))
      expectEqual(await error(2).underlying as? BitwiseError, .high)
      let plain = await error(3)
      expect(plain.underlying == nil && plain.message == "plain", "\(plain)")
      expectEqual(plain.typeName, "EndToEndProgram.PlainError")
      expect(await error(7).underlying is TimeoutError, "a timeout of the function's own")
      expectEqual(await error(8).typeName, "Swift.CancellationError")
      let remote = thrownByFunction(await thrown { _ = try await throwsOfAsync.remote(0) })
      expectEqual(remote.underlying as? CodedError, CodedError(code: 1, reasons: ["a", "b"]))
      let cancellation = thrownByFunction(await thrown { _ = try await throwsOfAsync.remote(8) })
      expectEqual(cancellation.typeName, "Swift.CancellationError")
      for kind in [9, 10] {
        expectEqual(try await throwsOf.remote(kind), kind)
        expectEqual(try await throwsOfAsync.remote(kind), kind)
      }
    },
    Scenario(name: "an empty message is still an error", functions: [throwsOf]) { _ in
      let error = thrownByFunction(await thrown { _ = try await throwsOf.map([9, 6, 9]).collect() })
      expectEqual(error.message, "")
      expectEqual(error.typeName, "EndToEndProgram.EmptyError")
    },
    Scenario(name: "errors that cannot be encoded or rebuilt cost no container", functions: [throwsOf]) {
      driver in
      for _ in 0..<20 {
        let unwritten = thrownByFunction(await thrown { _ = try await throwsOf.remote(4) })
        expect(unwritten.underlying == nil && unwritten.message == "the uncodable", "\(unwritten)")
        let unread = thrownByFunction(await thrown { _ = try await throwsOf.map([9, 5]).collect() })
        expect(unread.underlying == nil && unread.typeName == "EndToEndProgram.UnreadableError", "\(unread)")
      }
      let results = try await throwsOf.map((0..<400).map { $0 % 10 }).results.collect()
      for (index, result) in results.enumerated() {
        switch result {
        case .success(let kind): expectEqual(kind, 9)
        case .failure(let error): expect(index % 10 < 9 && error.index == index, "\(error)")
        }
      }
      expectEqual(driver.statistics.functions[0].containersDied, 0)
    },
    Scenario(name: "long error texts arrive trimmed, as one failure each", functions: [longText, longCoded]) {
      driver in
      for bytes in [1, 60_000, 70_000, 300_000, 1 << 20, 3 << 20] {
        let results = try await longText.map([bytes, bytes]).results.collect()
        expectEqual(results.count, 2)
        for result in results {
          guard case .failure(let error) = result, case .threw(let inner) = error.reason else {
            fail("\(result)")
          }
          expect(inner.message.utf8.count <= 65_536 + 200, "\(inner.message.utf8.count) bytes of message")
          if bytes <= 60_000 { expectEqual(inner.message.utf8.count, bytes / 3 * 3) }
          expectEqual(inner.typeName, "EndToEndProgram.PlainError")
        }
        for result in try await longCoded.map([bytes, bytes]).results.collect() {
          guard case .failure(let error) = result, case .threw(let inner) = error.reason else {
            fail("\(result)")
          }
          expectEqual(inner.typeName, "EndToEndProgram.CodedError", "the type of an error of \(bytes) bytes")
          if bytes <= 100_000 { expectEqual((inner.underlying as? CodedError)?.code, bytes) }
        }
      }
      expectEqual(driver.statistics.functions.map(\.containersDied), [0, 0])
    },
    Scenario(name: "the first failure does not wait for the inputs that run", functions: [firstFails]) { _ in
      let error = await thrown { _ = try await firstFails.map(0..<100).collect() }
      expectEqual(thrownByFunction(error).message, "at once")
      let each = await thrown { try await firstFails.forEach(unknown(0..<100)) }
      expectEqual(require(each, InputError.self).index, 0)
    },
    Scenario(name: "after a failed map the driver serves the next", functions: [failsAtFour, allFail]) { _ in
      for _ in 0..<50 {
        _ = await thrown { _ = try await failsAtFour.map(0..<1000).collect() }
        expectEqual(try await failsAtFour.map([1, 2, 3]).collect(), [1, 4, 9])
        _ = await thrown { _ = try await all(allFail.map(Counted())) }
      }
    },
    Scenario(
      name: "for-each that ignores failures runs to the end",
      functions: [allFail, allFailText, allFailVoid, thirdFails, textOf]
    ) { driver in
      for count in [1, 49, 1000, 20_000] {
        try await allFail.forEach(0..<count, ignoreExceptions: true)
        try await allFailText.forEach(unknown(0..<count), ignoreExceptions: true)
        try await allFailVoid.forEach(unknown(0..<count), ignoreExceptions: true)
        try await thirdFails.forEach(0..<count, ignoreExceptions: true)
        try await textOf.forEach(0..<count, ignoreExceptions: true)
        try await textOf.forEach(unknown(0..<count))
      }
      let statistics = driver.statistics.functions
      let all = 1 + 49 + 1000 + 20_000
      expectEqual(statistics.map { $0.failed + $0.completed }, [all, all, all, all, 2 * all])
      expectEqual(statistics[4].failed, 0)
    },
    Scenario(
      name: "a thrown error is tried again as often as its budget says", functions: [counted, countedText]
    ) {
      driver in
      expectEqual(try await counted.remote(1, 0), 1)
      expectEqual(try await counted.remote(2, 2), 3)
      expectEqual(try await counted.remote(3, 3), 4)
      let error = require(await thrown { _ = try await counted.remote(4, 99) }, InputError.self)
      expectEqual(error.attempts, 4)
      expectEqual(Board.value(4), 4)
      expectEqual(thrownByFunction(error).underlying as? CodedError, CodedError(code: 4, reasons: []))
      expectEqual(driver.statistics.functions[0].retried, 0 + 2 + 3 + 3)
      for (base, function) in [(100, 0), (600, 1)] {
        for ordered in [true, false] {
          for slot in base..<(base + 300) { Board.set(slot, 0) }
          let slots = base..<(base + 300)
          let failures = slots.map { $0 % 50 == 7 ? 99 : $0 % 6 }
          var seen = 0
          func check(_ index: Int, _ attempts: Int?, _ error: InputError?) {
            seen += 1
            if failures[index] > 3 {
              expectEqual(error?.attempts, 4, "attempts of \(index)")
            } else {
              expectEqual(attempts, failures[index] + 1, "runs of \(index)")
            }
          }
          if function == 0 {
            for (index, result) in try await all(
              counted.map(slots, failures, orderOutputs: ordered).results.indexed)
            {
              switch result {
              case .success(let runs): check(index, runs, nil)
              case .failure(let error): check(index, nil, error)
              }
            }
          } else {
            for (index, result) in try await all(
              countedText.map(unknown(slots), failures, orderOutputs: ordered).results.indexed)
            {
              switch result {
              case .success(let runs): check(index, Int(runs), nil)
              case .failure(let error): check(index, nil, error)
              }
            }
          }
          expectEqual(seen, 300)
          for (slot, failure) in zip(slots, failures) {
            expectEqual(Board.value(slot), min(failure, 3) + 1, "runs of \(slot)")
          }
        }
      }
    },
    Scenario(name: "retries wait longer and longer, and hold no container", functions: [backoff]) { _ in
      let order = try await backoff.map(0..<8, orderOutputs: false).results.indexed.collect()
      expectEqual(order.map(\.index).sorted(), Array(0..<8))
      expectEqual(order.last?.index, 3, "the last to come")
      expectEqual(Board.value(100), 4)
      let waits = (102...104).map { Board.value($0) - Board.value($0 - 1) }
      // Clocks of milliseconds round down by less than one.
      for (wait, least) in zip(waits, [40, 120, 200]) { expect(wait >= least - 1, "waits of \(waits) ms") }
    },
    Scenario(name: "a call from inside a container is refused by name", functions: [nested, textOf]) { _ in
      for input in 1...3 {
        let error = thrownByFunction(await thrown { _ = try await nested.remote(input) })
        expect(error.typeName.contains("GantryError"), "\(error.typeName)")
        expect(error.message.contains("container"), "\(error.message)")
      }
      expectEqual(try await nested.remote(100), 3)
    },
  ])
