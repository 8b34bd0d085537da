import BridgeProtocol
import Bytes
import Exposure
import Testing

@Suite("Names of targets")
struct TargetNameTests {
    private func find(_ catalogue: TargetCatalogue, _ id: String, _ kind: Hello.TargetKind = .task) -> Int? {
        catalogue.find(kind, id: Array(id.utf8).span)
    }

    private func announce(
        _ catalogue: inout TargetCatalogue, _ id: String, _ names: [String] = [], _ kind: Hello.TargetKind = .task
    ) -> Int {
        let target = catalogue.intern(kind, id: Array(id.utf8).span)
        catalogue.setAvailability(.callable, of: target)
        catalogue.setNames(names, of: target)
        return target
    }

    @Test("a target is found by its id and by its names, among its own kind")
    func names() {
        var catalogue = TargetCatalogue()
        let add = announce(&catalogue, "app.tasks.add", ["add", "plus"])
        let notify = announce(&catalogue, "app.events.notify", ["notify"], .event)
        #expect(find(catalogue, "app.tasks.add") == add && find(catalogue, "add") == add)
        #expect(find(catalogue, "plus") == add && find(catalogue, "add", .event) == nil)
        #expect(find(catalogue, "notify", .event) == notify && find(catalogue, "notify") == nil)
        #expect(catalogue.id(of: add) == "app.tasks.add")
    }

    @Test("a name that was taken back finds nothing any more")
    func takenBack() {
        var catalogue = TargetCatalogue()
        let add = announce(&catalogue, "app.tasks.add", ["add"])
        catalogue.setNames([], of: add)
        #expect(find(catalogue, "add") == nil && find(catalogue, "app.tasks.add") == add)
        catalogue.setNames(["add"], of: add)
        #expect(find(catalogue, "add") == add)
    }

    @Test("the id of an announced target is never another one's name, whichever came first")
    func idsWin() {
        var catalogue = TargetCatalogue()
        let short = announce(&catalogue, "add")
        let long = announce(&catalogue, "app.tasks.add", ["add"])
        #expect(find(catalogue, "add") == short)

        var other = TargetCatalogue()
        let named = announce(&other, "app.tasks.add", ["add"])
        #expect(find(other, "add") == named)
        let late = announce(&other, "add")
        #expect(find(other, "add") == late && late != named)

        // Gone, it leaves its id to others.
        catalogue.setAvailability(.absent, of: short)
        catalogue.setNames(["add"], of: long)
        #expect(find(catalogue, "add") == long)
        // Back again, it takes it.
        #expect(announce(&catalogue, "add") == short && find(catalogue, "add") == short)
    }

    @Test("a name that two targets claim finds the one that claimed it last")
    func twoClaims() {
        var catalogue = TargetCatalogue()
        let first = announce(&catalogue, "a.tasks.add", ["add"])
        let second = announce(&catalogue, "b.tasks.add", ["add"])
        #expect(find(catalogue, "add") == second)
        // The other one loses nothing that is not its own.
        catalogue.setNames([], of: first)
        #expect(find(catalogue, "add") == second)
    }

    @Test("a request by a name is a call of its target, however the name is written")
    func called() {
        var front = Front(.runner55())
        front.rules.catalogue.setNames(["add", "my task"], of: front.add)
        for target in ["add", "%61dd", "add?q=1", "my%20task"] {
            let decision = front.decide("POST /__runner/task/\(target)")
            let isAdd = if case .call(front.add, .task, _) = decision { true } else { false }
            #expect(isAdd, "\(target): \(decision)")
        }
        #expect(front.response("POST /__runner/task/adder").status == 403)
    }

    @Test("an error names the id that the app knows, whichever name was asked for")
    func shown() {
        var front = Front(.runner55())
        front.rules.catalogue.setShownIDs([
            .init(asked: "hidden", shown: "app.tasks.hidden"), .init(asked: "app.tasks.gone", shown: "gone"),
        ])
        #expect(front.response("POST /__runner/task/hidden").body.contains("Task app.tasks.hidden not exposed"))
        #expect(front.response("POST /__runner/event/hidden").body.contains("Event app.tasks.hidden not exposed"))
        #expect(front.response("POST /__runner/task/nope").body.contains("Task nope not exposed"))
        #expect(front.response("POST /__runner/task/app.tasks.gone").body.contains("Task gone not found"))
        front.rules.catalogue.setShownIDs([])
        #expect(front.response("POST /__runner/task/hidden").body.contains("Task hidden not exposed"))
    }

    @Test("an error names the id of its own request, also when others were decided before the app had answered")
    func shownAfterAsking() {
        var front = Front(.runner55(cors: CORSSettings(origin: .ask)))
        let line = "POST /__runner/task/first"
        guard case .ask(let intent) = front.decide(line) else {
            Issue.record("is not asked")
            return
        }
        _ = front.decide("POST /__runner/task/second")
        let response = front.response(line, resolving: intent, with: OriginAnswer(flags: []))
        #expect(response.body.contains("Task first not exposed"))
    }
}
