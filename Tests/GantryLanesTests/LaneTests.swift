// A lane from both its ends in one process: descriptors there, records back, the handshakes, and what the
// driver refuses to believe.

import CGantryRing
import TestSupport
import Testing

@testable import GantryLanes

struct LaneTests {
  // MARK: Descriptors

  @Test(arguments: [true, false]) func aDescriptorArrivesAsItWasPublished(anonymous: Bool) throws {
    let pair = try Pair(anonymous: anonymous)
    #expect(pair.claim() == nil)
    var form = ChunkForm(stored: 11, raw: 22, check: 33)
    form.flags = ChunkFlags.lz4 | ChunkFlags.shuffled
    form.stride = 44
    let position = pair.lane.publish(offset: 55, form: form, inputs: 6..<9, of: 77, publishEvery: 88)
    let claim = try #require(pair.claim())
    #expect(claim.position == position && position == 0)
    #expect(claim.offset == 55 && claim.stored == 11 && claim.raw == 22 && claim.check == 33)
    #expect(claim.first == 6 && claim.count == 77 && claim.publish_every == 88)
    #expect(claim.flags == form.flags && claim.stride == 44)
    #expect(gantry_claim_end(claim) == 9)
    #expect(try pair.lane.claimed() == 1)
    #expect(pair.claim() == nil)
  }

  @Test func aContainerReadsTheArenaAndItsLayout() throws {
    let pair = try Pair()
    pair.arenaBytes.base.storeBytes(of: 0xabcd, toByteOffset: 4_096, as: UInt64.self)
    #expect(pair.container.arena.load(fromByteOffset: 4_096, as: UInt64.self) == 0xabcd)
    #expect(pair.container.consumer.pointee.ring_bytes == 65_536)
    #expect(pair.container.consumer.pointee.epoch == Pair.epoch)
  }

  @Test func progressBeginsAtNoDescriptor() throws {
    let pair = try Pair()
    let position = pair.publish(0..<5)
    #expect(pair.lane.progress().tag != gantry_tag(position))
    #expect(!pair.lane.progress().running)
    let claim = try #require(pair.claim())
    #expect(pair.lane.progress().tag != gantry_tag(position), "claimed is not begun")
    var copy = claim
    let cursor = gantry_cursor_make(pair.container.consumer, &copy)
    #expect(gantry_cursor_begin(cursor, 3))
    #expect(pair.lane.progress().tag == gantry_tag(position))
    #expect(pair.lane.progress().input == 3 && pair.lane.progress().running)
    gantry_cursor_leave(cursor, 4)
    #expect(pair.lane.progress().input == 4 && !pair.lane.progress().running)
  }

  // MARK: Records

  @Test func recordsComeBackInOrderManyTimesAroundTheRing() throws {
    var random = SeededGenerator(seed: 5)
    let pair = try Pair(ringBytes: 4_096)
    var sent: [[UInt8]] = []
    var taken: [[UInt8]] = []
    for round in 0..<3_000 as Range<UInt32> {
      _ = pair.publish(0..<1)
      let claim = try #require(pair.claim())
      let bytes = (0..<Int.random(in: 0...900, using: &random)).map { _ in
        UInt8.random(in: .min ... .max, using: &random)
      }
      if gantry_consumer_room(pair.container.consumer) < 900 { taken += try pair.drain().map(\.bytes) }
      #expect(gantry_consumer_room(pair.container.consumer) >= 900)
      pair.complete(0..<1, of: claim, bytes, last: true)
      sent.append(bytes)
      if round % 64 == 0 {
        #expect(pair.lane.isPending)
        taken += try pair.drain().map(\.bytes)
        #expect(!pair.lane.isPending)
      }
    }
    taken += try pair.drain().map(\.bytes)
    #expect(taken == sent)
    #expect(gantry_consumer_room(pair.container.consumer) == 4_096 - 64, "a drained ring is an empty ring")
  }

  @Test func aRecordSaysWhatItCovers() throws {
    let pair = try Pair()
    let position = pair.publish(2..<9)
    let claim = try #require(pair.claim())
    pair.complete(2..<5, of: claim, [1, 2, 3])
    pair.complete(5..<6, of: claim, [], kind: Int(GANTRY_RECORD_THREW), last: true)
    let records = try pair.drain()
    try #require(records.count == 2)
    #expect(RecordKind(records[0].record.kind) == .outputs && RecordKind(records[1].record.kind) == .threw)
    #expect(records.allSatisfy { $0.record.position == position && $0.record.epoch == Pair.epoch })
    #expect(records[0].record.first == 2 && records[0].record.count == 3 && records[0].bytes == [1, 2, 3])
    #expect(
      records[0].record.flags & RecordKind.lastFlag == 0 && records[1].record.flags & RecordKind.lastFlag != 0
    )
    #expect(try pair.lane.next() == nil)
  }

  @Test func kindsThatAreNoneAreNil() {
    let known: [UInt16] = [1, 2, 3, 4, 5, 7, 8]
    for raw in 0...UInt16.max { #expect((RecordKind(raw) != nil) == known.contains(raw)) }
  }

  // MARK: Handshakes

  @Test func revokingTakesWhatIsNotClaimed() throws {
    let pair = try Pair()
    for _ in 0..<4 { _ = pair.publish(0..<1) }
    _ = try #require(pair.claim())
    _ = try #require(pair.claim())
    #expect(try pair.lane.revoke(keeping: 3) == 3)
    #expect(try pair.lane.revoke(keeping: 0) == 2, "claimed ones stay")
    #expect(pair.claim() == nil)
    #expect(pair.publish(4..<5) == 2, "the slot is used again")
    #expect(try #require(pair.claim()).first == 4)
  }

  @Test(arguments: [true, false]) func aLoweredEndStopsTheContainerAndARestoredOneDoesNot(fenced: Bool) throws
  {
    let pair = try Pair(fenced: fenced)
    let position = pair.publish(0..<10)
    var claim = try #require(pair.claim())
    let cursor = gantry_cursor_make(pair.container.consumer, &claim)
    #expect(gantry_cursor_begin(cursor, 2))
    #expect(pair.lane.lowerEnd(position, 3) || !canReachContainers)
    #expect(!gantry_cursor_begin(cursor, 3))
    pair.lane.restoreEnd(position, 10)
    #expect(gantry_cursor_begin(cursor, 3))
  }

  @Test func theOpenRecordIsSeenOnlyWhereAllOthersWereTaken() throws {
    let pair = try Pair()
    _ = pair.publish(0..<4)
    let claim = try #require(pair.claim())
    pair.complete(0..<1, of: claim, [1])
    #expect(pair.lane.openRecord() == nil, "a record waits to be taken first")
    _ = try pair.drain()
    gantry_consumer_payload(pair.container.consumer)?[0] = 0x5a
    let open = try #require(pair.lane.openRecord())
    #expect(open.read(0..<1) { $0[0] } == 0x5a)
    #expect(open.count == 65_536 - 64)
  }

  @Test func wakingCostsASystemCallOnlyForASleeper() throws {
    let pair = try Pair()
    _ = pair.publish(0..<1)
    #expect(!pair.lane.wake())
    pair.lane.stop()
    #expect(gantry_consumer_wait(pair.container.consumer) == GANTRY_WAIT_STOP)
  }

  @Test(arguments: [(DoorbellLevel.never, false), (.whenDry, false), (.always, true)])
  func thePublicationRingsWhereTheDriverSleepsForIt(row: (level: DoorbellLevel, rings: Bool)) throws {
    let pair = try Pair()
    pair.lane.setParked(row.level)
    parkedFence()
    _ = pair.publish(0..<1)
    pair.complete(0..<1, of: try #require(pair.claim()), [1], last: true)
    #expect(readDoorbell(pair.lane.doorbell) == row.rings)
  }

  // MARK: What is not believed

  @Test func anImpossibleClaimIsAViolation() throws {
    for claim in [3, 100, UInt64.max - 1] as [UInt64] {
      let pair = try Pair()
      _ = pair.publish(0..<1)
      store(claim, at: 0, pair)
      #expect(throws: LaneViolation.self) { try pair.lane.claimed() }
      #expect(throws: LaneViolation.self) { try pair.lane.revoke(keeping: 0) }
    }
  }

  @Test func aClaimOneAheadIsNone() throws {
    let pair = try Pair()
    _ = pair.publish(0..<1)
    store(2, at: 0, pair)  // between the halves of the handshake, after a revoke
    #expect(try pair.lane.claimed() == 2)
    store(1, at: 0, pair)
    #expect(try pair.lane.claimed() == 1)
    store(0, at: 0, pair)
    #expect(throws: LaneViolation.self) { try pair.lane.claimed() }
  }

  @Test func anImpossibleTailIsAViolation() throws {
    for tail in [1, 63, 65, 65_536 + 64, UInt64.max - 63, 1 << 40] as [UInt64] {
      let pair = try Pair()
      store(tail, at: 256, pair)
      #expect(throws: LaneViolation.self, "\(tail)") { try pair.lane.next() }
    }
  }

  @Test func aRecordWithAnyBitFlippedIsAViolation() throws {
    let pair = try Pair()
    _ = pair.publish(0..<1)
    pair.complete(0..<1, of: try #require(pair.claim()), [1, 2, 3, 4], last: true)
    let header = pair.container.consumer.pointee.ring
    for bit in 0..<512 {
      header?[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: LaneViolation.self, "bit \(bit)") { try pair.lane.next() }
      header?[bit / 8] ^= 1 << UInt8(bit % 8)
    }
    #expect(try pair.drain().count == 1)
  }

  @Test func crashWordsAreReadOnceTheyAreFilled() throws {
    let pair = try Pair()
    #expect(pair.lane.crash() == nil)
    let words = pair.container.crash.bindMemory(to: UInt64.self, capacity: 32)
    for index in 1..<32 { words[index] = UInt64(index) }
    #expect(pair.lane.crash() == nil)
    words[0] = 1
    #expect(pair.lane.crash() == Array(1..<32))
  }

  // MARK: Ends

  @Test(arguments: [true, false]) func aLaneLeavesNoDescriptorBehind(anonymous: Bool) throws {
    var objects: [String] = []
    do {
      let lane = try LaneProducer(
        ringBytes: 65_536, epoch: 1, function: 0, fenced: true, anonymous: anonymous)
      let (driverPage, containerRegion) = lane.containerDescriptors
      objects = [driverPage, containerRegion, lane.doorbell].map(identity)
      #expect(Set(objects).count == 3 && objects.allSatisfy(isOpen))
    }
    for object in objects { #expect(!isOpen(object), "\(object)") }
  }

  @Test func whatIsNoLaneIsRefused() throws {
    let memory = try SharedMemory(bytes: 8_192, reserved: 8_192, anonymous: true)
    let ring = try SharedMemory(bytes: 4_096 + 65_536, reserved: 0, anonymous: true)
    let error = #expect(throws: SharedMemoryError.self) {
      _ = try LaneConsumer(
        arena: memory.readable, arenaBytes: 8_192, driverPage: memory.readable,
        containerRegion: ring.writable,
        ringBytes: 65_536, doorbell: -1)
    }
    #expect(try #require(error).description.contains("layout check"))
  }

  /// Stores a word of the container's page, as a wild container would.
  private func store(_ word: UInt64, at offset: Int, _ pair: Pair) {
    pair.container.consumer.pointee.own?.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
  }
}
