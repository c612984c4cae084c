// Fuzzes the driver's reading of a lane: all that it does about records, claims, progress and deaths, with the product's
// own coordinator, ledger and sinks, over the memory of a container that writes what the input says. Whatever that is:
// nothing is read outside the ring, every input is delivered or waits to be run again, once, and no block is lost.

import GantryContainers
import GantryLanes
import GantryScheduling
import GantryWire

@testable import Gantry

let recordsTarget = FuzzTarget(
  name: "records", run: { bytes, count in withInput(bytes, count, fuzzRecords) }, seeds: recordSeeds)

@Sendable private func fuzzRecords(_ bytes: UnsafeRawBufferPointer) {
  var script = Script(bytes)
  let shape = script.byte()
  switch shape % 4 {
  case 0: World.shared.play(&script, shape, OutputCoding(SingleCoding<Int>.self))
  case 1: World.shared.play(&script, shape, OutputCoding(SingleCoding<String>.self))
  case 2 where shape & 128 != 0: World.shared.play(&script, shape, OutputCoding(SingleCoding<[UInt8]>.self))
  case 2: World.shared.play(&script, shape, OutputCoding(SingleCoding<[Int]>.self))
  default: World.shared.play(&script, shape, OutputCoding(VoidCoding.self))
  }
}

/// A driver without processes, and the one lane that all its containers have in turn.
private final class World {
  // nonisolated(unsafe): libFuzzer calls from one thread.
  nonisolated(unsafe) static let shared = World()

  let coordinator: Coordinator
  let lane: LaneProducer
  let memory = WildMemory()
  var epoch: UInt64 = 0

  private init() {
    do {
      coordinator = try Coordinator(
        functions: [], configuration: Configuration(start: .inProcess, progress: .none), keeper: Keeper())
      lane = try LaneProducer(
        ringBytes: UInt64(WildMemory.ring), epoch: 0, function: 0, fenced: true, anonymous: true)
    } catch { fatalError("The driver of the fuzzer cannot be made: \(error)") }
  }

  func play<Output>(_ script: inout Script, _ shape: UInt8, _ coding: OutputCoding<Output>) {
    var scene = Scene(self, &script, shape, coding)
    scene.play(&script)
  }
}

/// One call and the lives of the containers that run it.
private struct Scene<Output> {
  let world: World
  let driver: Coordinator
  let pool: Pool
  let call: Call
  let sink: TypedSink<Output>
  var container: Container
  var lives = 1
  let isReadyAtOnce: Bool
  let start: UInt64
  var delivered: [Int: Int] = [:]

  init(_ world: World, _ script: inout Script, _ shape: UInt8, _ coding: OutputCoding<Output>) {
    self.world = world
    driver = world.coordinator
    driver.now = 1 << 40
    let isConcurrent = shape & 4 != 0
    let body: @Sendable (Int) async throws -> Int = { $0 }
    pool = Pool(
      name: "f", function: 0,
      options: FunctionOptions(
        maxContainers: 1, retries: shape & 64 != 0 ? Retries(maxRetries: 1) : .none,
        inputConcurrency: isConcurrent ? 4 : 1),
      runner: isConcurrent
        ? .async(AsyncRunner(SingleCoding<Int>.self, SingleCoding<Int>.self, body)) : .sync { _ in },
      sandbox: nil)
    driver.pools = [pool]
    sink = TypedSink(coding, ordered: shape & 8 != 0)
    let filler = ChunkFiller(
      width: 8, isCopied: true, left: { 0 },
      fill: { _, _ in Filled(count: 0, bytes: 0, failure: nil, isOpen: false) })
    call = Call(pool: pool, filler: filler, sink: sink, ceiling: nil, isSingle: false)
    call.sourceIsOpen = false
    pool.calls = [call]
    isReadyAtOnce = shape & 16 != 0
    // Next to the wrap of every counter.
    start = shape & 32 != 0 ? UInt64.max &- 2 : 0
    container = Scene.born(world, pool, start, isReadyAtOnce)
    for _ in 0...script.number(below: 3) { addChunk(1 + script.number(below: 12)) }
  }

  private func addChunk(_ count: Int) {
    do {
      let block = try driver.arena.allocate(count * 8)
      let form = ChunkForm(stored: count * 8, raw: count * 8, check: 0)
      let id = driver.chunks.insert(
        Chunk(call: call, base: call.nextIndex, count: count, block: block, form: form))
      call.nextIndex += count
      call.open += count
      call.pending.append(Piece(chunk: id, inputs: 0..<UInt32(count)))
      call.pendingInputs += count
    } catch { fatalError("There is no memory for a chunk: \(error)") }
  }

  private static func born(_ world: World, _ pool: Pool, _ start: UInt64, _ isReady: Bool) -> Container {
    world.epoch += 1
    // The same in every run: what is found must be found again.
    let epoch: UInt64 = 7
    world.memory.clear(tail: start &* 64)
    world.memory.store(start, at: 0)
    world.memory.store((start &- 1) << 33, at: 128)
    world.lane.reopen(
      over: UnsafeRawPointer(world.memory.base), epoch: epoch, descriptors: start, bytes: start &* 64)
    let container = Container(
      epoch: epoch, pool: pool, lane: world.lane, errorPipe: -1, now: world.coordinator.now)
    if isReady {
      container.state = .ready
      container.hasStarted = true
    }
    world.coordinator.containers[epoch] = container
    pool.containers = [container]
    return container
  }

  /// Whether the containers run one input at a time: only theirs are harvested and split.
  private var isSingle: Bool { pool.concurrency == 1 }

  // MARK: Acts

  mutating func play(_ script: inout Script) {
    feed()
    while !script.isOver {
      act(&script)
      driver.now += 300_000
    }
    die(.exit(0))
    settle()
  }

  private mutating func act(_ script: inout Script) {
    let entries = container.ledger.entries
    switch script.number(below: 20) {
    case 0, 1, 2, 3: writeRecord(&script)
    case 4: world.memory.store(script.word(), at: 256)
    case 5: world.memory.store(world.memory.tail, at: 256)
    case 6: claim(world.lane.published &+ UInt64(script.byte()) &- 128)
    case 7: claim((entries.first?.position ?? world.lane.published) &+ 1)
    case 8, 9: progress(&script)
    case 10: writeOpenRecord(&script)
    case 11: world.memory.store(script.word(), at: 8 * script.number(below: 96))
    case 12: driver.drain(container)
    case 13: if isSingle, container.verdict == nil { driver.harvest(container) }
    case 14: driver.takeBackUnclaimed(container, keeping: script.number(below: 4))
    case 15: if isSingle { driver.splitBehindRunning(container, keeping: script.number(below: 4)) }
    case 16: feed()
    case 17: if lives < 3 { beBornAgain(script.byte()) }
    case 18: driver.lookAtStalledContainer(container)
    default: releaseDelayed()
    }
  }

  private func claim(_ count: UInt64) { world.memory.store(count, at: 0) }

  private func feed() {
    guard container.verdict == nil else { return }
    if pool.concurrency > 1 { _ = driver.feedAlone(pool) }
    while !call.pending.isEmpty, pool.concurrency > 1 ? container.canBegin : container.isFeedable {
      driver.give(call, to: container)
    }
  }

  private func releaseDelayed() {
    driver.now += 10_000_000_000
    driver.releaseDelayed(pool)
  }

  private mutating func beBornAgain(_ end: UInt8) {
    die([.exit(1), .signal(9), .signal(11), .signal(4), .lost][Int(end % 5)])
    lives += 1
    container = Scene.born(world, pool, start, isReadyAtOnce)
    feed()
  }

  /// A record of what is due, or of anything; each bit of the second byte makes it wrong in one way.
  private func writeRecord(_ script: inout Script) {
    let entries = container.ledger.entries
    let how = script.byte()
    let kind = script.byte()
    var header = RecordHeader()
    header.kind = UInt16(kind & 15)
    header.flags = how & 1 != 0 ? RecordKind.lastFlag : 0
    header.epoch = container.epoch &+ (how & 2 != 0 ? 1 : 0)
    header.busy_ns = UInt64(kind) << 8
    let place = entries.isEmpty || pool.concurrency == 1 ? 0 : script.number(below: entries.count)
    var count = 0
    if place < entries.count {
      let entry = entries[place]
      let left = Int(entry.end &- entry.published)
      count = header.kind == 1 ? min(left, pool.concurrency > 1 ? 1 : script.number(below: left + 1)) : 1
      if how & 1 != 0, header.kind == 1 { count = left }
      header.position = entry.position
      header.first = entry.published
    }
    header.count = UInt32(count)
    if how & 4 != 0 {
      header.first &+= UInt32(truncatingIfNeeded: Int(script.byte()) - 128)
      header.count &+= UInt32(truncatingIfNeeded: Int(script.byte()) - 128)
      header.position &+= UInt64(script.number(below: 4)) &- 1
    }
    let payload = header.kind == 1 ? outputs(count, &script) : some(&script)
    header.length = UInt64(payload.count)
    if how & 8 != 0 { header.length = script.word() >> UInt64(script.number(below: 64)) }
    let bytes = world.memory.write(header, payload, wrongPayload: how & 16 != 0, wrongHeader: how & 32 != 0)
    guard how & 64 == 0 else { return }
    // A length that lies in a tail that does not is another thing than one that takes the tail with it.
    world.memory.tail &+= how & 128 != 0 ? bytes : UInt64(payload.count + 127) & ~63
    world.memory.store(world.memory.tail, at: 256)
  }

  /// Outputs as the function's coding wants them, most of the time.
  private func outputs(_ count: Int, _ script: inout Script) -> [UInt8] {
    var encoder = PayloadEncoder()
    for _ in 0..<count {
      switch sink.coding.width {
      case framed:
        let bytes = some(&script)
        let start = encoder.beginFrame()
        bytes.withUnsafeBytes { encoder.append($0) }
        encoder.endFrame(start)
      case 0: break
      default: encoder.append(bitwise: UInt64(script.byte()))
      }
    }
    return encoder.withBytes { Array($0) }
  }

  private func some(_ script: inout Script) -> [UInt8] {
    (0..<script.number(below: 24)).map { _ in script.byte() }
  }

  private func writeOpenRecord(_ script: inout Script) {
    let bytes = script.byte() & 1 == 0 ? outputs(script.number(below: 12), &script) : some(&script)
    bytes.withUnsafeBytes { world.memory.write($0, at: world.memory.tail &+ 64) }
  }

  private func progress(_ script: inout Script) {
    let how = script.byte()
    guard how & 8 == 0, let entry = container.ledger.entries.first else {
      return world.memory.store(script.word(), at: 128)
    }
    let input = UInt64(entry.accounted &+ UInt32(how >> 4))
    world.memory.store(entry.position << 33 | input << 1 | UInt64(how & 1), at: 128)
  }

  // MARK: What must hold

  private mutating func die(_ end: ContainerEnd) {
    driver.bury(container, end: end)
    insist(container.ledger.isEmpty, "A dead container still has inputs.")
  }

  /// What was handed over and what waits is everything, once.
  private mutating func settle() {
    let inputs = call.nextIndex
    var waiting = call.pending.drain() + call.alone.drain()
    insist(
      waiting.reduce(0) { $0 + $1.inputs.count } == call.pendingInputs, "Waiting inputs are miscounted.")
    waiting += pool.delayed.map(\.piece)
    pool.delayed = []
    collect()
    var rest: [Int] = []
    for piece in waiting {
      let chunk = driver.chunks[piece.chunk]
      for input in piece.inputs { rest.append(chunk.base + Int(input)) }
    }
    let accounted = call.completed + call.failed
    insist(call.open == rest.count, "\(call.open) inputs are open and \(rest.count) wait.")
    insist(accounted + rest.count == inputs, "\(accounted) inputs ended, \(rest.count) wait, of \(inputs).")
    // Ordered outputs come out when nothing before them is missing.
    for index in rest {
      sink.accept(InputError(function: "f", index: index, attempts: 0, reason: .cancelled))
    }
    collect()
    insist(delivered.count == inputs, "\(delivered.count) of \(inputs) inputs came to an end.")
    insist(delivered.values.allSatisfy { $0 == 1 }, "An input was delivered twice.")
    for piece in waiting { driver.account(driver.chunks[piece.chunk], piece.chunk, piece.inputs.count) }
    insist(driver.arena.used == 0, "\(driver.arena.used) bytes of the arena are lost.")
    driver.pools = []
    // Pools and calls know each other.
    pool.calls = []
    driver.outbox = Outbox()
  }

  private mutating func collect() {
    for var parcel in sink.take() {
      let (first, count) = (parcel.index, parcel.count)
      var next = first
      for run in parcel.decoded(by: sink.coding, function: "f") {
        insist(run.index == next, "A parcel's runs have gaps.")
        next += run.count
      }
      insist(next == first + count, "A parcel of \(count) outputs decodes to \(next - first).")
      for index in first..<next { delivered[index, default: 0] += 1 }
    }
  }
}

extension Coordinator {
  /// What the driver does about a container that stands still.
  fileprivate func lookAtStalledContainer(_ container: Container) {
    guard container.verdict == nil, isStalled(container), container.pool.concurrency == 1 else { return }
    harvest(container)
  }
}

@Sendable private func recordSeeds() -> [[UInt8]] {
  // Shape, chunks; then acts: claim, progress, records and drains of each kind.
  var seeds: [[UInt8]] = []
  for shape in [16, 17, 18, 19, 24, 25, 48, 49, 146] as [UInt8] {
    seeds.append([shape, 0, 4, 7, 0, 1, 1, 3, 1, 2, 3, 12])
    seeds.append([shape, 1, 4, 3, 7, 10, 0, 3, 2, 1, 1, 2, 2, 2, 8, 0x21, 13, 0, 1, 1, 9, 9, 9, 12])
    seeds.append([
      shape, 0, 4, 7, 0, 0, 2, 5, 1, 2, 3, 4, 5, 0, 0, 7, 3, 1, 2, 3, 12, 0, 0, 3, 4, 1, 1, 1, 12,
    ])
    seeds.append([shape, 0, 9, 7, 8, 0x11, 15, 0, 8, 0x11, 17, 1, 7, 8, 1, 17, 2, 19, 16, 0, 1, 1, 12])
  }
  for shape in [20, 21, 28, 29, 52] as [UInt8] {
    seeds.append([shape, 0, 6, 6, 132, 0, 1, 1, 1, 5, 12, 0, 1, 7, 0, 3, 1, 2, 3, 12, 16, 6, 130, 12])
    seeds.append([shape, 0, 6, 6, 130, 17, 1, 16, 6, 129, 17, 1, 16, 6, 129, 0, 1, 3, 0, 4, 1, 1, 1, 1, 12])
  }
  return seeds
}
