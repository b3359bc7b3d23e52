"""What each route is for, in sentences that a reader might say.

Phrases of the code, never a reader's words: their vectors say nothing of anybody and may be kept and shared.
They are of many trades and many ways to ask, so that what they have in common is who should answer and
nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from domain.sessions import Route


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


INTENT_PHRASES: Mapping[Route, tuple[str, ...]] = MappingProxyType(
    {
        Route.SOPHIA: _lines("""
            What does a change of price mean for revenue and margin?
            How strong are our competitors, and how do we answer them?
            Which customers might leave us, and why?
            Is this market attractive enough to enter?
            What are customers willing to pay for it?
            What does it mean for our people, hiring, wages and retention?
            Can we afford it, and what does it do to cash, debt and the covenants?
            What is the business case and the return on the investment?
            Which strategy, partnership or acquisition helps us to grow?
            Where do we stand in the market, and what is our position?
            What would losing this account or contract cost us?
            What is the commercial risk and the damage to our reputation?
            Which products or locations should we give up because they do not earn enough?
            How do we negotiate with investors, lenders and suppliers?
            Why do shoppers prefer the other brand to ours?
            Should we raise prices or accept a lower margin?
            Our rival is getting cheaper. How dangerous is that?
            How could we win back the clients that went elsewhere?
            Would guests pay extra for a better room?
            Which countries are worth a sales office?
            What would a strike or a higher wage claim do to our result?
            Is it wise to sell part of the company to a fund?
            How would shareholders take a lower dividend?
            Are we too dependent on a few large accounts?
            Should we cut the discount for students?
            Does the advertising bring in more than it costs?
            What keeps patients coming back to our practice?
            How much profit would we lose if demand fell by a tenth?
            Which of our services deserve more money next year?
            What could make our best employees leave?
            Would a merger with the neighbouring firm make us stronger?
            How do we defend our share against a newcomer?
            What do buyers think of us compared with others?
            Who could become a partner for selling abroad?
            What is the effect of a weak currency or a higher interest rate on us?
            Is the tender worth bidding for, and at what price?
            Do members value the magazine enough to keep subscribing?
            Should we hire more sales people?
            What trends in the market threaten our business?
            Give me reasons for and against leaving that region.
        """),
        Route.ARTEMIS: _lines("""
            Is it technically feasible, and how would we build it?
            Which architecture fits these requirements?
            Can the system handle the load, with the latency and the throughput required?
            What are the technical risks of the migration?
            How secure is the system, and which vulnerabilities must be fixed?
            How do we integrate the software with other systems through an API?
            How long does the engineering work take, and how many engineers does it need?
            What breaks in the software when a component is replaced or switched off?
            Which database, platform or technology should we use?
            How do we make the service resilient, available and quick to recover from failures?
            How are data stored, encrypted, deleted and kept in one region?
            Can the devices, sensors, batteries and firmware do it?
            What has to be redesigned or tested in the product before it can be made?
            Is there enough computing capacity, network and storage?
            Why does the page load so slowly, and how can we speed it up?
            Would the old controllers work with the new protocol?
            How do we keep the machines from losing their connection?
            Can the terminals be updated from a distance?
            Is it safe to open the network to an outside firm?
            How should access rights for documents be arranged?
            What would it take to split the program into smaller services?
            Could a small team move the archive without an interruption?
            How many readings a minute can the gateway take before it falls over?
            Is the measurement exact enough for very low temperatures?
            Does the vendor's interface support bulk export?
            How do we test the alarm chain from end to end?
            Which servers could be switched off?
            What is the cleanest way to move from nightly files to a stream?
            How do we go back if the update fails halfway?
            Can the line make thicker parts with the tools that it has?
            Would the app work without a connection and send its data later?
            How difficult is it to add single sign-on?
            Is our code ready for the next version of the language?
            What bandwidth and disk space do the cameras need?
            Which parts of the old program must be replaced first?
            Can the motor run on another voltage or another refrigerant?
            How do we find out why the service crashes at night?
            Is there a single point of failure, and how do we remove it?
            Does our monitoring notice a fault soon enough?
            Check whether the plant's control system meets the security rules.
        """),
        Route.BOTH: _lines("""
            Should we offer this new digital service to customers by next year within the budget?
            Should we build it ourselves or buy it, given its cost and the engineering effort?
            We want to launch a product: is there a market for it and can we build it in time?
            Decide whether to invest millions in a new plant or a new system by a date.
            Is it feasible and does it pay?
            Requirement with a budget, a deadline, legal compliance and technical demands
            Should we replace the old system now, considering money and technology?
            Give us the whole picture: the business and the technical side of the proposal.
            Should we promise customers a level of service that our systems have to keep?
            Should we automate this work, with what savings and which technology?
            Evaluate the introduction of a new app or platform with its revenue and its development.
            Go or no go for the project with this budget and this technology?
            Should we keep the old mobile app alive or end it?
            Do we equip every vehicle with trackers for half a million?
            Would it be a good idea to produce our own spare parts by printing them?
            Should we open our software to other companies and charge for it?
            Put heat pumps into all buildings by 2029 for four million: worth it and doable?
            Could we join the two platforms this year, and would it save anything?
            The customer demands an interface by spring or leaves. What do we do?
            Should all branches get automatic doors and cameras, considering cost, staff and data protection?
            Shall we let patients book online, and have it certified by autumn?
            New idea: sell our sensor data to insurers. Market, technology, privacy?
            Should we outsource the computing centre or keep it?
            Do we accept the subsidy and build the pilot plant?
            We were asked to guarantee delivery within a day. What would it take and what would it bring?
            Is now the right moment to change the fleet to electric drive?
            Should we let an algorithm set the prices in our shop?
            Does it make sense to run our own payment system?
            Assess the plan to build a network of charging points for eight million.
            Launch a subscription with remote diagnosis, first customers in the third quarter.
            Should we take over the maker of our chips to be sure of supply?
            Consider an assistant with artificial intelligence for our clients this year.
            Should the town put meters with radio into every house?
            Would robots in the warehouse be profitable and fit our software?
            Introduce electronic tickets on all trams by summer under the payment rules.
            Do we need a second plant or more shifts in the first one?
            Should we commit to an open standard or stay with our own?
            Weigh up a laboratory of our own: cost, equipment, skills, use.
            Should we license our technology to others or keep it to ourselves?
            Decide between two suppliers of the new control system by price and by what it can do.
        """),
        Route.KNOWLEDGE: _lines("""
            When is the meeting?
            Who is responsible for it?
            What did the report say about it?
            What was the figure in the last quarter?
            How many are there?
            Where is the document? Show it to me.
            What is the status of the project?
            What does the contract say about this clause?
            When does the agreement end?
            List the open findings and the entries on this matter.
            Summarise what is known about it.
            What was decided or said in the meeting?
            Who approved or signed it, and on which day?
            How much is the fee, the rate or the limit at present?
            Do we have a contract with that company?
            Is there a paper on this?
            Has the supplier signed yet?
            In which year was the factory opened?
            What are the payment terms?
            How long is the notice period in the lease?
            Which customers complained last month?
            What did the last survey show?
            How many people work in the department?
            Who sits on the committee?
            Give me the latest numbers on sick leave.
            What is the name of the new manager?
            Remind me what we agreed with the union.
            Any news on the court case?
            What is written in the policy about visitors?
            Which certificates do we hold, and until when?
            What was the turnover of the branch last year?
            Quote the sentence on liability.
            What do our notes say about this competitor?
            When was the machine last inspected?
            What price did they offer us in the letter?
            Where can I find the minutes of September?
            Is the audit report out already?
            Who wrote the proposal?
            What is the meaning of this term in our handbook?
            How high was the scrap rate in May?
        """),
    }
)
"""The intents of each route."""
