// Promises about what travels: every kind and size of value, compressed or not, packed or framed.

import Gantry
import Glibc

struct Pixel: Payload, BitwiseCopyable, Equatable {
  var red: UInt8
  var green: UInt16
  var alpha: Double
}

struct Page: Payload, Codable, Equatable {
  var title: String
  var words: [String]
  var size: Size?
  struct Size: Codable, Equatable { var width: Int, height: Int }
}

/// More than is packed.
struct Block: Payload, BitwiseCopyable, Equatable {
  typealias Row = SIMD64<UInt32>
  var rows: (Row, Row, Row, Row, Row, Row)
  init(_ value: UInt32) {
    let row = Row(repeating: value)
    rows = (row, row, row, row, row, row)
  }
  static func == (one: Block, other: Block) -> Bool {
    one.rows.0 == other.rows.0 && one.rows.3 == other.rows.3 && one.rows.5 == other.rows.5
  }
}

struct HandWritten: Payload, Equatable {
  var number: Int
  var text: String
  init(_ number: Int, _ text: String) {
    self.number = number
    self.text = text
  }
  init(from decoder: inout PayloadDecoder) throws {
    number = try decoder.decode()
    text = try decoder.decode()
  }
  func encode(into encoder: inout PayloadEncoder) {
    encoder.encode(number)
    encoder.encode(text)
  }
}

/// Has no coding for negative numbers.
struct Picky: Payload, Codable {
  var number: Int
  /// A trivial type would travel as memory.
  var note = ""
  enum Keys: String, CodingKey { case number, inner }
  init(_ number: Int) { self.number = number }
  init(from decoder: any Decoder) throws {
    number = try decoder.container(keyedBy: Keys.self).decode(Int.self, forKey: .number)
  }
  func encode(to encoder: any Encoder) throws {
    if number < 0 {
      throw EncodingError.invalidValue(
        number,
        .init(
          codingPath: encoder.codingPath + [Keys.inner], debugDescription: "negative numbers have no coding"))
    }
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(number, forKey: .number)
  }
}

/// Cannot be read back.
struct WriteOnly: Payload, Equatable {
  var number: Int
  /// A trivial type would travel as memory.
  var note = ""
  init(_ number: Int) { self.number = number }
  init(from decoder: inout PayloadDecoder) throws {
    let number = try decoder.decode(Int.self)
    if number == 13 { throw PlainError("thirteen cannot be read") }
    self.number = number
  }
  func encode(into encoder: inout PayloadEncoder) { encoder.encode(number) }
}

/// The same five functions under one compression.
private struct Echoes: Sendable {
  let name: String
  let numbers: Function<Int, Int>
  let pixels: Function<Pixel, Pixel>
  let texts: Function<String, String>
  let pages: Function<Page, Page>
  let bytes: Function<[UInt8], [UInt8]>
  let blocks: Function<Block, Block>

  init(_ name: String, _ compression: Compression, _ chunking: Chunking = .automatic) {
    self.name = name
    let options = FunctionOptions(chunking: chunking, compression: compression)
    numbers = Function("\(name).numbers", options: options) { (x: Int) in x }
    pixels = Function("\(name).pixels", options: options) { (x: Pixel) in x }
    texts = Function("\(name).texts", options: options) { (x: String) in x }
    pages = Function("\(name).pages", options: options) { (x: Page) in x }
    bytes = Function("\(name).bytes", options: options) { (x: [UInt8]) in x }
    blocks = Function("\(name).blocks", options: options) { (x: Block) in x }
  }

  var all: [any RegisteredFunction] { [numbers, pixels, texts, pages, bytes, blocks] }

  func check() async throws {
    for count in [1, 50, 3000] {
      try await check(numbers, (0..<count).map { $0 &* 0x1e37_79b9_7f4a_7c15 })
      try await check(numbers, (0..<count).map { $0 / 10 })
      try await check(pixels, (0..<count).map { Pixel(red: UInt8($0 & 255), green: 7, alpha: Double($0)) })
      try await check(texts, (0..<count).map { String(repeating: "é\($0)", count: $0 % 40) })
      try await check(
        pages,
        (0..<count).map { n in
          Page(
            title: "page \(n)", words: (0..<(n % 20)).map { "w\($0)" },
            size: n % 2 == 0 ? nil : .init(width: n, height: -n))
        })
      try await check(
        bytes, (0..<count).map { n in Array(repeating: UInt8(n & 255), count: n % 9 == 0 ? 0 : n * 3) })
      try await check(blocks, (0..<count).map { Block(UInt32($0)) })
    }
    try await check(bytes, [0, 1, 100_000, 3_000_000, 10].map(noise))
    try await check(texts, [0, 1, 100_000, 3_000_000, 10].map { String(repeating: "a", count: $0) })
  }

  private func check<T: Equatable & Sendable>(_ echo: Function<T, T>, _ values: [T]) async throws {
    let forms = [
      try await echo.map(values).collect(), try await echo.map(unknown(values)).collect(),
      try await everything(echo.map(unknown(values), maxOutstandingInputs: 7)),
    ]
    for (form, outputs) in forms.enumerated() {
      expect(
        outputs == values,
        "\(name), form \(form): \(values.count) of \(T.self) came back as \(outputs.count) others")
    }
    let indexed = try await echo.map(values, orderOutputs: false).indexed.collect()
    expect(
      indexed.count == values.count && indexed.allSatisfy { values[$0.index] == $0.output },
      "\(name): unordered")
  }
}

private func everything<S: AsyncSequence>(_ sequence: S) async throws -> [S.Element] {
  try await all(sequence)
}

/// Bytes in which LZ4 finds nothing.
func noise(_ count: Int) -> [UInt8] {
  var state: UInt64 = 88_172_645_463_325_252 &+ UInt64(count)
  return (0..<count).map { _ in
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return UInt8(truncatingIfNeeded: state >> 32)
  }
}

private let automatic = Echoes("automatic", .automatic)
private let lz4 = Echoes("lz4", .lz4)
private let accelerated = Echoes("accelerated", .lz4(acceleration: 64))
private let stored = Echoes("stored", .none)
private let wide = Echoes("wide", .lz4, .fixed(500))
private let narrow = Echoes("narrow", .lz4, .fixed(1))
private let workingLoad = Function("workingLoad") { (line: String) in
  let start = ContinuousClock.now
  while ContinuousClock.now - start < .microseconds(300) {}
  return line.utf8.count
}

private let hand = Function("hand") { (x: HandWritten) in HandWritten(x.number + 1, x.text + "!") }
private let zoo = Function("zoo") {
  (a: [String: [Int]], b: Set<UInt16>, c: (Range<Int>), d: Result<Int, CodedPayloadError>) in
  (a, b, c, d)
}
private let small = Function("small") { (a: Bool, b: UInt8, c: Character, d: Duration, e: Substring) in
  (a, b, c, d, e)
}
private let wideOptional = Function("wideOptional") { (x: [Int?]?) in x }
private let size = Function("size") { (x: [UInt8]) in x.count }
private let ofSize = Function("ofSize") { (count: Int) in [UInt8](repeating: UInt8(count & 255), count: count)
}
private let textOfSize = Function("textOfSize", options: .init(maxContainers: 4)) { (count: Int) in
  String(repeating: "z", count: count)
}
private let echo = Function("echo", options: .init(maxContainers: 1)) { (x: [UInt8]) in x }
private let echoAsync = Function("echoAsync", options: .init(maxContainers: 1)) { (x: [UInt8]) async in x }
private let echoAmid = Function("echoAmid", options: .init(maxContainers: 1, inputConcurrency: 3)) {
  (x: [UInt8]) async in x
}
private let echoPairs = Function("echoPairs") { (x: [UInt8], y: [Int]) in (y, x) }
private let picky = Function("picky") { (x: Picky) in Picky(x.number - 10) }
private let writeOnlyIn = Function("writeOnlyIn") { (x: WriteOnly) in x.number }
private let writeOnlyOut = Function("writeOnlyOut") { (x: Int) in WriteOnly(x) }
private let nothing = Function("nothing") { (_: Int) in }

struct CodedPayloadError: Error, Payload, Codable, Equatable { var code: Int }

let payloadScenarios = ScenarioGroup(
  name: "payloads",
  scenarios: [
    Scenario(name: "automatic compression changes no result", functions: automatic.all) { _ in
      try await automatic.check()
    },
    Scenario(name: "LZ4 changes no result, and packs", functions: lz4.all) { driver in
      try await lz4.check()
      let texts = driver.statistics.functions[2]
      expect(
        texts.bytesPacked < texts.bytesRaw / 2, "\(texts.bytesRaw) bytes of text became \(texts.bytesPacked)")
    },
    Scenario(name: "accelerated LZ4 changes no result", functions: accelerated.all) { _ in
      try await accelerated.check()
    },
    Scenario(name: "no compression changes no result, and packs nothing", functions: stored.all) { driver in
      try await stored.check()
      for one in driver.statistics.functions { expectEqual(one.bytesPacked, one.bytesRaw, one.name) }
    },
    Scenario(name: "large chunks change no result", functions: wide.all) { _ in try await wide.check() },
    Scenario(name: "chunks of one change no result", functions: narrow.all) { _ in try await narrow.check() },
    Scenario(
      name: "a small ring changes no result", functions: automatic.all + lz4.all,
      configuration: .init(ringBytes: 65_536)
    ) { _ in
      try await automatic.check()
      try await lz4.check()
    },
    Scenario(name: "real work travels compressed by itself", functions: [workingLoad]) { driver in
      let lines = (0..<2000).map { String(repeating: "line \($0 % 7) of the log, ", count: 20) }
      expectEqual(try await workingLoad.map(lines).collect(), lines.map(\.utf8.count))
      let counts = driver.statistics.functions[0]
      expect(
        counts.bytesPacked < counts.bytesRaw, "\(counts.bytesRaw) bytes travelled as \(counts.bytesPacked)")
    },
    Scenario(name: "payloads of every kind travel", functions: [hand, zoo, small, wideOptional]) { _ in
      let hands = (0..<100).map { HandWritten($0, String(repeating: "t", count: $0)) }
      expectEqual(
        try await hand.map(hands).collect(), hands.map { HandWritten($0.number + 1, $0.text + "!") })
      for n in 0..<20 {
        let map = Dictionary(uniqueKeysWithValues: (0..<n).map { ("key \($0)", Array(0..<$0)) })
        let numbers = Set((0..<n).map { UInt16($0) })
        let result: Result<Int, CodedPayloadError> = n % 2 == 0 ? .success(n) : .failure(.init(code: n))
        let (a, b, c, d) = try await zoo.remote(map, numbers, n..<(2 * n), result)
        expect(a == map && b == numbers && c == n..<(2 * n) && d == result, "\((a, b, c, d))")
        let text = "word\(n) rest"
        let (e, f, g, h, i) = try await small.remote(
          n % 2 == 0, UInt8(n), Character("\u{e9}"), .milliseconds(n), text.prefix(5))
        expect(
          e == (n % 2 == 0) && f == UInt8(n) && g == "é" && h == .milliseconds(n) && i == text.prefix(5),
          "\(i)")
      }
      expectEqual(try await wideOptional.map([nil, [], [nil, 1]]).collect(), [nil, [], [nil, 1]])
    },
    Scenario(
      name: "every size around every limit travels",
      functions: [echo, echoAsync, echoAmid, size, ofSize, echoPairs]
    ) { _ in
      var sizes: [Int] = [0, 1, 2]
      for limit in [512, 1024, 4096, 32 << 10, 64 << 10, 128 << 10, 256 << 10, 512 << 10, 1 << 20, 2 << 20] {
        for offset in [-300, -129, -128, -127, -33, -32, -31, -9, -8, -5, -4, -1, 0, 1, 7, 64, 200] {
          sizes.append(limit + offset)
        }
      }
      for count in sizes {
        let bytes = noise(count)
        for one in [echo, echoAsync, echoAmid] {
          expect(try await one.remote(bytes) == bytes, "\(count) bytes came back otherwise from \(one)")
        }
      }
      expectEqual(try await size.map(sizes.map { [UInt8](repeating: 1, count: $0) }).collect(), sizes)
      expectEqual(try await ofSize.map(sizes).collect().map(\.count), sizes)
      expectEqual(
        try await ofSize.map(unknown(sizes), orderOutputs: false).indexed.collect().map {
          sizes[$0.index] == $0.output.count
        }.filter { !$0 }.count, 0)
      for count in [0, 1, 4095, 300_000] {
        let (numbers, bytes) = try await echoPairs.remote(noise(count), Array(0..<count))
        expect(numbers == Array(0..<count) && bytes == noise(count), "a pair of \(count)")
      }
    },
    Scenario(name: "three hundred megabytes travel there and back", functions: [echo]) { _ in
      let count = 300 << 20
      let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
        for index in stride(from: 0, to: count, by: 4096) {
          buffer[index] = UInt8(truncatingIfNeeded: index >> 12)
        }
        used = count
      }
      var outputs = echo.map(CollectionOfOne(bytes)).makeAsyncIterator()
      guard let output = try await outputs.next() else { fail("no output") }
      expectEqual(output.count, count)
      for index in stride(from: 0, to: count, by: 4096) where output[index] != bytes[index] {
        fail("byte \(index)")
      }
      expectEqual(try await echo.remote([1, 2, 3]), [1, 2, 3])
    },
    Scenario(name: "many large outputs at once stay within memory", functions: [textOfSize, ofSize]) { _ in
      var total = 0
      for try await text in textOfSize.map(repeatElement(8 << 20, count: 60)) {
        expectEqual(text.utf8.count, 8 << 20)
        total += 1
      }
      expectEqual(total, 60)
      async let texts = textOfSize.map(repeatElement(3 << 20, count: 40)).collect()
      async let bytes = ofSize.map(unknown(repeatElement(5 << 20, count: 40)), orderOutputs: false).collect()
      expectEqual(try await texts.map(\.utf8.count), Array(repeating: 3 << 20, count: 40))
      expectEqual(try await bytes.map(\.count), Array(repeating: 5 << 20, count: 40))
    },
    Scenario(name: "many large inputs at once stay within memory", functions: [size]) { _ in
      let inputs = (0..<100).lazy.map { [UInt8](repeating: UInt8($0), count: 4 << 20) }
      expectEqual(
        try await size.map(UncheckedSendable(inputs)).collect(), Array(repeating: 4 << 20, count: 100))
      let array = Array(repeating: [UInt8](repeating: 9, count: 4 << 20), count: 100)
      expectEqual(try await size.map(array).collect(), Array(repeating: 4 << 20, count: 100))
    },
    Scenario(name: "an input without an encoding fails alone, by type and key", functions: [picky]) {
      driver in
      for _ in 0..<20 {
        for ceiling in [nil, 1, 2] {
          let values = (0..<60).map { Picky($0 % 20 == 7 ? -1 : $0 + 10) }
          for results in [
            try await picky.map(values, maxOutstandingInputs: ceiling).results.collect(),
            try await picky.map(unknown(values), maxOutstandingInputs: ceiling).results.collect(),
          ] {
            expectEqual(results.count, 60)
            for (index, result) in results.enumerated() {
              switch result {
              case .success(let value): expectEqual(value.number, index)
              case .failure(let error):
                guard case .undeliverable(let why) = error.reason else { fail("\(error)") }
                expect(index % 20 == 7 && error.index == index, "\(error)")
                expect(why.contains("Picky") && why.contains("inner"), why)
              }
            }
          }
        }
      }
      expectEqual(driver.statistics.functions[0].containersDied, 0)
    },
    Scenario(name: "an output without an encoding fails alone, by type and key", functions: [picky]) {
      driver in
      for _ in 0..<20 {
        let results = try await picky.map((0..<100).map { Picky($0) }, orderOutputs: false).results.collect()
        expectEqual(results.count, 100)
        for result in results {
          switch result {
          case .success(let value): expect(value.number >= 0, "\(value)")
          case .failure(let error):
            guard case .undeliverable(let why) = error.reason else { fail("\(error)") }
            expect(error.index < 10, "\(error)")
            expect(why.contains("Picky") && why.contains("inner"), why)
          }
        }
        expectEqual(results.filter { (try? $0.get()) == nil }.count, 10)
      }
      expectEqual(driver.statistics.functions[0].containersDied, 0)
    },
    Scenario(name: "what cannot be decoded fails alone", functions: [writeOnlyIn, writeOnlyOut]) { driver in
      for _ in 0..<20 {
        let inputs = try await writeOnlyIn.map((0..<60).map(WriteOnly.init)).results.collect()
        let outputs = try await writeOnlyOut.map(unknown(0..<60)).results.collect()
        expectEqual(inputs.count, 60)
        expectEqual(outputs.count, 60)
        for index in 0..<60 {
          if index != 13 {
            expectEqual(try inputs[index].get(), index)
            expectEqual(try outputs[index].get().number, index)
            continue
          }
          for failure in [inputs[13].failure, outputs[13].failure] {
            guard let failure, case .undeliverable(let why) = failure.reason else { fail("13 was delivered") }
            expect(failure.index == 13 && why.contains("thirteen"), why)
          }
        }
      }
      expectEqual(driver.statistics.functions.map(\.containersDied), [0, 0])
    },
    Scenario(name: "outputs of nothing are counted", functions: [nothing]) { _ in
      expectEqual(try await nothing.map(0..<10_000).collect().count, 10_000)
      expectEqual(try await all(nothing.map(unknown(0..<1000), orderOutputs: false)).count, 1000)
      expectEqual(
        try await nothing.map(0..<1000, maxOutstandingInputs: 3).indexed.collect().map(\.index),
        Array(0..<1000))
      try await nothing.remote(1)
    },
  ])

extension Result {
  fileprivate var failure: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}
