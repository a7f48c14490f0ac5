package millstream.nexmark;

/** The events, as in {@code event.rs}. Times are in milliseconds of the epoch. */
sealed interface Event {
    static Event read(BincodeReader from) {
        return switch ((int) from.unsigned()) {
            case 0 -> Person.read(from);
            case 1 -> Auction.read(from);
            case 2 -> Bid.read(from);
            default -> throw new IllegalArgumentException("there is no such kind of event");
        };
    }

    static void write(BincodeWriter to, Event event) {
        if (event instanceof Bid bid) {
            Bid.write(to.unsigned(2), bid);
        } else if (event instanceof Auction auction) {
            Auction.write(to.unsigned(1), auction);
        } else if (event instanceof Person person) {
            Person.write(to.unsigned(0), person);
        }
    }

    record Person(
        long id, String name, String email, String creditCard, String city, String state, long dateTime, String extra)
        implements Event {
        static Person read(BincodeReader from) {
            return new Person(from.signed(), from.text(), from.text(), from.text(), from.text(), from.text(),
                from.signed(), from.text());
        }

        static void write(BincodeWriter to, Person person) {
            to.signed(person.id).text(person.name).text(person.email).text(person.creditCard).text(person.city)
                .text(person.state).signed(person.dateTime).text(person.extra);
        }
    }

    record Auction(
        long id, String itemName, String description, long initialBid, long reserve, long dateTime, long expires,
        long seller, long category, String extra)
        implements Event {
        static Auction read(BincodeReader from) {
            return new Auction(from.signed(), from.text(), from.text(), from.signed(), from.signed(), from.signed(),
                from.signed(), from.signed(), from.signed(), from.text());
        }

        static void write(BincodeWriter to, Auction auction) {
            to.signed(auction.id).text(auction.itemName).text(auction.description).signed(auction.initialBid)
                .signed(auction.reserve).signed(auction.dateTime).signed(auction.expires).signed(auction.seller)
                .signed(auction.category).text(auction.extra);
        }
    }

    record Bid(long auction, long bidder, long price, String channel, String url, long dateTime, String extra)
        implements Event {
        static Bid read(BincodeReader from) {
            return new Bid(from.signed(), from.signed(), from.signed(), from.text(), from.text(), from.signed(),
                from.text());
        }

        static void write(BincodeWriter to, Bid bid) {
            to.signed(bid.auction).signed(bid.bidder).signed(bid.price).text(bid.channel).text(bid.url)
                .signed(bid.dateTime).text(bid.extra);
        }

        /** The same with another price. */
        Bid withPrice(long other) {
            return new Bid(auction, bidder, other, channel, url, dateTime, extra);
        }
    }
}
