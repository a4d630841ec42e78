PRAGMA application_id = 1112753997;
PRAGMA user_version = 6;
BEGIN TRANSACTION;
CREATE TABLE acknowledgements (
    alert_id TEXT NOT NULL PRIMARY KEY,
    author   TEXT NOT NULL,
    comment  TEXT NOT NULL,
    at       REAL NOT NULL
);
INSERT INTO "acknowledgements" VALUES('bd84f7a5617dd944-1a22e0f5ed0','ann','asked BSG',1.7960690962907819748e+09);
CREATE TABLE alerts (
    id          TEXT NOT NULL PRIMARY KEY,
    state       TEXT NOT NULL,
    rule        TEXT NOT NULL,
    account     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    fired_at    REAL,
    resolved_at REAL,
    closed      INTEGER NOT NULL DEFAULT 0,
    alert       TEXT NOT NULL
);
INSERT INTO "alerts" VALUES('4a476b9f29c7beca-1a22e0f5ec3','firing','Poor','default','',1.79606908896379208564e+09,NULL,0,'{"id":"4a476b9f29c7beca-1a22e0f5ec3","fingerprint":"4a476b9f29c7beca","key":{"rule":"Poor","account":"default","subject":""},"state":"firing","labels":{"alertname":"Poor","account":"default","severity":"warning"},"annotations":{"summary":"little is left"},"active_since":"2026-11-30T20:04:48.963792Z","inactive_since":null,"fired_at":"2026-11-30T20:04:48.963792Z","resolved_at":null,"described_at":"2026-11-30T20:04:48.963792Z","resolve_reason":null,"event_id":null,"campaign":null,"detail":null}');
INSERT INTO "alerts" VALUES('bd84f7a5617dd944-1a22e0f5ed0','firing','Held','default','5003',1.79606908897648096089e+09,NULL,0,'{"id":"bd84f7a5617dd944-1a22e0f5ed0","fingerprint":"bd84f7a5617dd944","key":{"rule":"Held","account":"default","subject":"5003"},"state":"firing","labels":{"alertname":"Held","account":"default","campaign_id":"5003","sender":"UrbanWear","message_type":"sms","severity":"critical"},"annotations":{"summary":"Spring sale ☀ is held"},"active_since":"2026-11-30T20:04:48.976481Z","inactive_since":null,"fired_at":"2026-11-30T20:04:48.976481Z","resolved_at":null,"described_at":"2026-11-30T20:04:48.976481Z","resolve_reason":null,"event_id":null,"campaign":{"account":"default","id":5003,"name":"Spring sale ☀","sender":"UrbanWear","status":"spam","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":null,"finished_at":null,"sent":0,"delivered":0,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":0,"read":0,"awaiting_report":0,"scheduled":0,"moderation":8000,"accepted":0,"sending":0,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986115,"total_messages":8000,"total_phones":8000,"total_price":0.0,"currency":"EUR","fallback":null,"revision":0}}');
INSERT INTO "alerts" VALUES('89e0f6d82b31a2e5-1a22e0f5ed0','resolved','Sending','default','5004',1.79606908897648096089e+09,1796069090.96301,1,'{"id":"89e0f6d82b31a2e5-1a22e0f5ed0","fingerprint":"89e0f6d82b31a2e5","key":{"rule":"Sending","account":"default","subject":"5004"},"state":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-30T20:04:48.976481Z","inactive_since":"2026-11-30T20:04:50.963010Z","fired_at":"2026-11-30T20:04:48.976481Z","resolved_at":"2026-11-30T20:04:50.963010Z","described_at":"2026-11-30T20:04:49.965399Z","resolve_reason":"condition","event_id":null,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":1796069090.0,"sent":120,"delivered":26,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":14,"read":0,"awaiting_report":45,"scheduled":29901,"moderation":0,"accepted":0,"sending":40,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986566,"total_messages":30000,"total_phones":30000,"total_price":0.99,"currency":"EUR","fallback":null,"revision":0}}');
INSERT INTO "alerts" VALUES('75158bef4b03075e-1a22e0f5ed0','resolved','Sending','default','5006',1.79606908897648096089e+09,1.79606908996539902691e+09,1,'{"id":"75158bef4b03075e-1a22e0f5ed0","fingerprint":"75158bef4b03075e","key":{"rule":"Sending","account":"default","subject":"5006"},"state":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-30T20:04:48.976481Z","inactive_since":"2026-11-30T20:04:49.965399Z","fired_at":"2026-11-30T20:04:48.976481Z","resolved_at":"2026-11-30T20:04:49.965399Z","described_at":"2026-11-30T20:04:48.976481Z","resolve_reason":"condition","event_id":null,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":null,"sent":100,"delivered":19,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":14,"read":0,"awaiting_report":45,"scheduled":29901,"moderation":0,"accepted":0,"sending":40,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986686,"total_messages":30000,"total_phones":30000,"total_price":0.99,"currency":"EUR","fallback":null,"revision":0}}');
INSERT INTO "alerts" VALUES('3f9efdb5de4f3ce3-1a22e0f62ad','pending','Paused','default','5006',NULL,NULL,0,'{"id":"3f9efdb5de4f3ce3-1a22e0f62ad","fingerprint":"3f9efdb5de4f3ce3","key":{"rule":"Paused","account":"default","subject":"5006"},"state":"pending","labels":{"alertname":"Paused","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{},"active_since":"2026-11-30T20:04:49.965399Z","inactive_since":null,"fired_at":null,"resolved_at":null,"described_at":null,"resolve_reason":null,"event_id":null,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":null,"sent":100,"delivered":19,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":null}');
INSERT INTO "alerts" VALUES('5de571509eaa7b1f-4a2d98244705c9394031','firing','Stopped','default','5004',1796069090.96301,1796069090.96301,1,'{"id":"5de571509eaa7b1f-4a2d98244705c9394031","fingerprint":"5de571509eaa7b1f","key":{"rule":"Stopped","account":"default","subject":"5004"},"state":"firing","labels":{"alertname":"Stopped","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop was stopped"},"active_since":"2026-11-30T20:04:50.963010Z","inactive_since":null,"fired_at":"2026-11-30T20:04:50.963010Z","resolved_at":"2026-11-30T20:04:50.963010Z","described_at":null,"resolve_reason":null,"event_id":"4a2d98244705c9394031","campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":1796069090.0,"sent":120,"delivered":26,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":14,"read":0,"awaiting_report":45,"scheduled":29901,"moderation":0,"accepted":0,"sending":40,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986566,"total_messages":30000,"total_phones":30000,"total_price":0.99,"currency":"EUR","fallback":null,"revision":0}}');
CREATE TABLE balances (
    account  TEXT NOT NULL PRIMARY KEY,
    balance  REAL NOT NULL,
    credit   REAL NOT NULL,
    currency TEXT,
    read_at  REAL NOT NULL
);
INSERT INTO "balances" VALUES('default',120.0,25.0,'EUR',1.7960690889259209633e+09);
CREATE TABLE blind_spells (
    until        REAL NOT NULL,
    account      TEXT NOT NULL,
    message_type TEXT NOT NULL,
    since        REAL NOT NULL,
    PRIMARY KEY (until, account, message_type)
) WITHOUT ROWID;
CREATE TABLE campaigns (
    account            TEXT NOT NULL,
    id                 INTEGER NOT NULL,
    name               TEXT NOT NULL,
    sender             TEXT NOT NULL,
    status             TEXT NOT NULL,
    message_type       TEXT NOT NULL,
    created_at         REAL NOT NULL,
    start_at           REAL,
    real_start_at      REAL,
    finished_at        REAL,
    sent               INTEGER,
    delivered          INTEGER,
    fallback_sent      INTEGER,
    fallback_delivered INTEGER,
    calculated_price   REAL,
    currency           TEXT,
    first_seen         REAL NOT NULL,
    status_since       REAL NOT NULL,
    progress_since     REAL NOT NULL,
    settled            INTEGER NOT NULL,
    revision           INTEGER NOT NULL, detail TEXT,
    PRIMARY KEY (account, id)
) WITHOUT ROWID;
INSERT INTO "campaigns" VALUES('default',5001,'Long ago','UrbanWear','done','sms',1795637084.0,1795637084.0,1795637084.0,1795637114.0,900,873,NULL,NULL,0.0,NULL,1.79606908891822099685e+09,1795637114.0,1.79606908891822099685e+09,1,0,NULL);
INSERT INTO "campaigns" VALUES('default',5002,'Carousel','TechHubAgent','done','rcs',1796061884.0,1796061884.0,1796061884.0,1796061889.0,5000,2949,1900,1804,0.0,NULL,1796069088.92567,1796061889.0,1796069088.92567,0,0,'{"delivered":2077,"read":872,"awaiting_report":61,"scheduled":0,"moderation":0,"accepted":0,"sending":0,"expired":0,"failed":21,"undelivered":67,"unknown":2,"not_rcs_user":1900,"not_viber_user":0,"read_at":1796069088.972794,"total_messages":5000,"total_phones":5000,"total_price":50.0,"currency":"EUR","fallback":{"delivered":1804,"read":0,"awaiting_report":2,"scheduled":0,"moderation":0,"accepted":0,"sending":0,"expired":0,"failed":0,"undelivered":94,"unknown":0,"not_rcs_user":0,"not_viber_user":0},"revision":0}');
INSERT INTO "campaigns" VALUES('default',5003,'Spring sale ☀','UrbanWear','spam','sms',1796069084.0,1796069084.0,NULL,NULL,0,0,NULL,NULL,0.0,NULL,1.79606908891822099685e+09,1796069084.0,1.79606908891822099685e+09,0,0,'{"delivered":0,"read":0,"awaiting_report":0,"scheduled":0,"moderation":8000,"accepted":0,"sending":0,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986115,"total_messages":8000,"total_phones":8000,"total_price":0.0,"currency":"EUR","fallback":null,"revision":0}');
INSERT INTO "campaigns" VALUES('default',5004,'Price drop','AutoPlus','stopped','sms',1796069084.0,1796069084.0,1796069084.0,1796069090.0,120,85,NULL,NULL,0.0,NULL,1.79606908891822099685e+09,1796069090.0,1.79606909095956897735e+09,0,23,'{"delivered":14,"read":0,"awaiting_report":45,"scheduled":29901,"moderation":0,"accepted":0,"sending":40,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986566,"total_messages":30000,"total_phones":30000,"total_price":0.99,"currency":"EUR","fallback":null,"revision":0}');
INSERT INTO "campaigns" VALUES('default',5005,'Short notice','CinemaX','done','sms',1796069084.0,1796069084.0,1796069084.0,1796069086.0,40,29,NULL,NULL,0.0,NULL,1.79606908891822099685e+09,1796069086.0,1.79606908891822099685e+09,0,17,'{"delivered":9,"read":0,"awaiting_report":31,"scheduled":0,"moderation":0,"accepted":0,"sending":0,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986927,"total_messages":40,"total_phones":40,"total_price":0.4,"currency":"EUR","fallback":null,"revision":0}');
INSERT INTO "campaigns" VALUES('default',5006,'Vaccination week','PharmaOne','paused','sms',1796069084.0,1796069084.0,1796069084.0,NULL,100,71,NULL,NULL,0.0,NULL,1.79606908891822099685e+09,1.79606908996168804174e+09,1.79606908996168804174e+09,0,22,'{"delivered":14,"read":0,"awaiting_report":45,"scheduled":29901,"moderation":0,"accepted":0,"sending":40,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986686,"total_messages":30000,"total_phones":30000,"total_price":0.99,"currency":"EUR","fallback":null,"revision":0}');
CREATE TABLE events (
    sequence    INTEGER NOT NULL PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    account     TEXT NOT NULL,
    campaign_id INTEGER NOT NULL,
    at          REAL NOT NULL,
    event       TEXT NOT NULL
);
INSERT INTO "events" VALUES(1,'b50094f72c20391da505','status_changed','default',5006,1.79606908996168804174e+09,'{"id":"b50094f72c20391da505","kind":"status_changed","at":1796069089.961688,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":null,"sent":100,"delivered":19,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"changes":[{"field":"status","old":"sending","new":"paused"}]}');
INSERT INTO "events" VALUES(2,'4a2d98244705c9394031','status_changed','default',5004,1.79606909095956897735e+09,'{"id":"4a2d98244705c9394031","kind":"status_changed","at":1796069090.959569,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":1796069090.0,"sent":120,"delivered":26,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"changes":[{"field":"status","old":"sending","new":"stopped"},{"field":"finished_at","old":null,"new":1796069090.0}]}');
CREATE TABLE feeds (
    account              TEXT NOT NULL,
    message_type         TEXT NOT NULL,
    first_tried          REAL NOT NULL,
    last_success         REAL,
    last_full            REAL,
    last_outcome         TEXT,
    answered             INTEGER NOT NULL,
    consecutive_failures INTEGER NOT NULL,
    failing_since        REAL,
    PRIMARY KEY (account, message_type)
);
INSERT INTO "feeds" VALUES('default','rcs',1796069088.92567,1.79606911198055505755e+09,1796069088.92567,'ok',1,0,NULL);
INSERT INTO "feeds" VALUES('default','sms',1.79606908891822099685e+09,1.79606911214613699915e+09,1.79606908891822099685e+09,'ok',1,0,NULL);
CREATE TABLE ledgers (
    receiver  TEXT NOT NULL,
    group_key TEXT NOT NULL,
    ledger    TEXT NOT NULL,
    PRIMARY KEY (receiver, group_key)
);
INSERT INTO "ledgers" VALUES('hook','hook:b13eedf68c6647d3','{"group":{"receiver":"hook","key":"hook:b13eedf68c6647d3"},"labels":{"alertname":"Poor"},"told":{"4a476b9f29c7beca-1a22e0f5ec3":"firing"},"flushed_at":"2026-11-30T20:04:48.975674Z","changed_at":"2026-11-30T20:04:48.975674Z","path":"/{}","acknowledged":{}}');
INSERT INTO "ledgers" VALUES('hook','hook:eec7e568629af728','{"group":{"receiver":"hook","key":"hook:eec7e568629af728"},"labels":{"alertname":"Held"},"told":{"bd84f7a5617dd944-1a22e0f5ed0":"firing"},"flushed_at":"2026-11-30T20:04:48.990359Z","changed_at":"2026-11-30T20:04:48.990359Z","path":"/{}","acknowledged":{}}');
INSERT INTO "ledgers" VALUES('bot','bot:af3b9160d3be253b','{"group":{"receiver":"bot","key":"bot:af3b9160d3be253b"},"labels":{"alertname":"Held"},"told":{"bd84f7a5617dd944-1a22e0f5ed0":"firing"},"flushed_at":"2026-11-30T20:04:48.990359Z","changed_at":"2026-11-30T20:04:48.990359Z","path":"/{alertname=~\"Held|Sending\"}","acknowledged":{"bd84f7a5617dd944-1a22e0f5ed0":"2026-11-30T20:04:56.290782Z"}}');
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
INSERT INTO "meta" VALUES('written_by','0.1.0');
CREATE TABLE outbox (
    id               TEXT NOT NULL PRIMARY KEY,
    receiver         TEXT NOT NULL,
    group_key        TEXT NOT NULL,
    sequence         INTEGER NOT NULL,
    state            TEXT NOT NULL,
    head             INTEGER NOT NULL DEFAULT 0,
    attempts         INTEGER NOT NULL,
    created_at       REAL NOT NULL,
    first_attempt_at REAL,
    next_attempt_at  REAL NOT NULL,
    claimed_until    REAL,
    finished_at      REAL,
    last_error       TEXT,
    reason           TEXT NOT NULL,
    notification     TEXT NOT NULL
);
INSERT INTO "outbox" VALUES('msg_4e6fe80518de45b38a91b1ae2227b138','hook','hook:b13eedf68c6647d3',1,'pending',1,3,1.79606908897567391393e+09,1.79606908898000597958e+09,1796069236.88931,NULL,NULL,'HTTP 503 Service Unavailable','firing','{"id":"msg_4e6fe80518de45b38a91b1ae2227b138","receiver":"hook","group_key":"hook:b13eedf68c6647d3","group_labels":{"alertname":"Poor"},"reason":"firing","alerts":[{"id":"4a476b9f29c7beca-1a22e0f5ec3","fingerprint":"4a476b9f29c7beca","status":"firing","labels":{"alertname":"Poor","account":"default","severity":"warning"},"annotations":{"summary":"little is left"},"active_since":"2026-11-30T20:04:48.963792Z","starts_at":"2026-11-30T20:04:48.963792Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":null,"detail":null,"acknowledged_by":null,"acknowledged_at":null,"recorded":true,"note":""}],"created_at":"2026-11-30T20:04:48.975674Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_ed985a970c2444ed9709d7b8fdf729fb','hook','hook:073c6ef67dea175b',2,'delivered',0,1,1.79606908899035906789e+09,1.79606908899181890492e+09,1.79606911899181890483e+09,NULL,1.79606908900984191899e+09,NULL,'firing','{"id":"msg_ed985a970c2444ed9709d7b8fdf729fb","receiver":"hook","group_key":"hook:073c6ef67dea175b","group_labels":{"alertname":"Sending"},"reason":"firing","alerts":[{"id":"75158bef4b03075e-1a22e0f5ed0","fingerprint":"75158bef4b03075e","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-30T20:04:48.976481Z","starts_at":"2026-11-30T20:04:48.976481Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"sending","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":null,"sent":99,"delivered":14,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":14,"read":0,"awaiting_report":45,"scheduled":29901,"moderation":0,"accepted":0,"sending":40,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986686,"total_messages":30000,"total_phones":30000,"total_price":0.99,"currency":"EUR","fallback":null,"revision":0},"acknowledged_by":null,"acknowledged_at":null,"recorded":true,"note":""},{"id":"89e0f6d82b31a2e5-1a22e0f5ed0","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-30T20:04:48.976481Z","starts_at":"2026-11-30T20:04:48.976481Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":null,"sent":99,"delivered":14,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":14,"read":0,"awaiting_report":45,"scheduled":29901,"moderation":0,"accepted":0,"sending":40,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986566,"total_messages":30000,"total_phones":30000,"total_price":0.99,"currency":"EUR","fallback":null,"revision":0},"acknowledged_by":null,"acknowledged_at":null,"recorded":true,"note":""}],"created_at":"2026-11-30T20:04:48.990359Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_c2bb095eb21f48759683ff9685099ab5','bot','bot:8250d410cf308469',3,'delivered',0,1,1.79606908899035906789e+09,1.79606908899177598959e+09,1.7960691189917759895e+09,NULL,1.79606908901097798349e+09,NULL,'firing','{"id":"msg_c2bb095eb21f48759683ff9685099ab5","receiver":"bot","group_key":"bot:8250d410cf308469","group_labels":{"alertname":"Sending"},"reason":"firing","alerts":[{"id":"75158bef4b03075e-1a22e0f5ed0","fingerprint":"75158bef4b03075e","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-30T20:04:48.976481Z","starts_at":"2026-11-30T20:04:48.976481Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"sending","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":null,"sent":99,"delivered":14,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":14,"read":0,"awaiting_report":45,"scheduled":29901,"moderation":0,"accepted":0,"sending":40,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986686,"total_messages":30000,"total_phones":30000,"total_price":0.99,"currency":"EUR","fallback":null,"revision":0},"acknowledged_by":null,"acknowledged_at":null,"recorded":true,"note":""},{"id":"89e0f6d82b31a2e5-1a22e0f5ed0","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-30T20:04:48.976481Z","starts_at":"2026-11-30T20:04:48.976481Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":null,"sent":99,"delivered":14,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":14,"read":0,"awaiting_report":45,"scheduled":29901,"moderation":0,"accepted":0,"sending":40,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986566,"total_messages":30000,"total_phones":30000,"total_price":0.99,"currency":"EUR","fallback":null,"revision":0},"acknowledged_by":null,"acknowledged_at":null,"recorded":true,"note":""}],"created_at":"2026-11-30T20:04:48.990359Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_531336d216904cada38485dfe48a7c7e','hook','hook:eec7e568629af728',4,'delivered',0,1,1.79606908899035906789e+09,1.79606908899181890492e+09,1.79606911899181890483e+09,NULL,1.79606908901026701922e+09,NULL,'firing','{"id":"msg_531336d216904cada38485dfe48a7c7e","receiver":"hook","group_key":"hook:eec7e568629af728","group_labels":{"alertname":"Held"},"reason":"firing","alerts":[{"id":"bd84f7a5617dd944-1a22e0f5ed0","fingerprint":"bd84f7a5617dd944","status":"firing","labels":{"alertname":"Held","account":"default","campaign_id":"5003","sender":"UrbanWear","message_type":"sms","severity":"critical"},"annotations":{"summary":"Spring sale ☀ is held"},"active_since":"2026-11-30T20:04:48.976481Z","starts_at":"2026-11-30T20:04:48.976481Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5003,"name":"Spring sale ☀","sender":"UrbanWear","status":"spam","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":null,"finished_at":null,"sent":0,"delivered":0,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":0,"read":0,"awaiting_report":0,"scheduled":0,"moderation":8000,"accepted":0,"sending":0,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986115,"total_messages":8000,"total_phones":8000,"total_price":0.0,"currency":"EUR","fallback":null,"revision":0},"acknowledged_by":null,"acknowledged_at":null,"recorded":true,"note":""}],"created_at":"2026-11-30T20:04:48.990359Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_da8118f10bc4409283ec0b7e02802f72','bot','bot:af3b9160d3be253b',5,'delivered',0,1,1.79606908899035906789e+09,1.79606908999250602723e+09,1.79606911999250602718e+09,NULL,1.79606909000102710725e+09,NULL,'firing','{"id":"msg_da8118f10bc4409283ec0b7e02802f72","receiver":"bot","group_key":"bot:af3b9160d3be253b","group_labels":{"alertname":"Held"},"reason":"firing","alerts":[{"id":"bd84f7a5617dd944-1a22e0f5ed0","fingerprint":"bd84f7a5617dd944","status":"firing","labels":{"alertname":"Held","account":"default","campaign_id":"5003","sender":"UrbanWear","message_type":"sms","severity":"critical"},"annotations":{"summary":"Spring sale ☀ is held"},"active_since":"2026-11-30T20:04:48.976481Z","starts_at":"2026-11-30T20:04:48.976481Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":true,"campaign":{"account":"default","id":5003,"name":"Spring sale ☀","sender":"UrbanWear","status":"spam","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":null,"finished_at":null,"sent":0,"delivered":0,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":0,"read":0,"awaiting_report":0,"scheduled":0,"moderation":8000,"accepted":0,"sending":0,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986115,"total_messages":8000,"total_phones":8000,"total_price":0.0,"currency":"EUR","fallback":null,"revision":0},"acknowledged_by":null,"acknowledged_at":null,"recorded":true,"note":""}],"created_at":"2026-11-30T20:04:48.990359Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_ba0d97002c0b4019aee2d118fa8195fa','hook','hook:073c6ef67dea175b',6,'delivered',0,1,1796069089.99046,1796069089.99226,1796069119.99226,NULL,1796069089.9957,NULL,'resolved','{"id":"msg_ba0d97002c0b4019aee2d118fa8195fa","receiver":"hook","group_key":"hook:073c6ef67dea175b","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"75158bef4b03075e-1a22e0f5ed0","fingerprint":"75158bef4b03075e","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-30T20:04:48.976481Z","starts_at":"2026-11-30T20:04:48.976481Z","ends_at":"2026-11-30T20:04:49.965399Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":null,"sent":100,"delivered":19,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":14,"read":0,"awaiting_report":45,"scheduled":29901,"moderation":0,"accepted":0,"sending":40,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986686,"total_messages":30000,"total_phones":30000,"total_price":0.99,"currency":"EUR","fallback":null,"revision":0},"acknowledged_by":null,"acknowledged_at":null,"recorded":true,"note":""},{"id":"89e0f6d82b31a2e5-1a22e0f5ed0","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-30T20:04:48.976481Z","starts_at":"2026-11-30T20:04:48.976481Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":false,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":null,"sent":119,"delivered":20,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":14,"read":0,"awaiting_report":45,"scheduled":29901,"moderation":0,"accepted":0,"sending":40,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986566,"total_messages":30000,"total_phones":30000,"total_price":0.99,"currency":"EUR","fallback":null,"revision":0},"acknowledged_by":null,"acknowledged_at":null,"recorded":true,"note":""}],"created_at":"2026-11-30T20:04:49.990460Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_e368321303da4011a5a99ba59efab9fe','bot','bot:8250d410cf308469',7,'delivered',0,1,1796069089.99046,1.79606909099556899065e+09,1.79606912099556899073e+09,NULL,1.79606909107011198994e+09,NULL,'resolved','{"id":"msg_e368321303da4011a5a99ba59efab9fe","receiver":"bot","group_key":"bot:8250d410cf308469","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"75158bef4b03075e-1a22e0f5ed0","fingerprint":"75158bef4b03075e","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5006","sender":"PharmaOne","message_type":"sms","severity":"warning"},"annotations":{"summary":"Vaccination week is being sent"},"active_since":"2026-11-30T20:04:48.976481Z","starts_at":"2026-11-30T20:04:48.976481Z","ends_at":"2026-11-30T20:04:49.965399Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5006,"name":"Vaccination week","sender":"PharmaOne","status":"paused","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":null,"sent":100,"delivered":19,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":14,"read":0,"awaiting_report":45,"scheduled":29901,"moderation":0,"accepted":0,"sending":40,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986686,"total_messages":30000,"total_phones":30000,"total_price":0.99,"currency":"EUR","fallback":null,"revision":0},"acknowledged_by":null,"acknowledged_at":null,"recorded":true,"note":""},{"id":"89e0f6d82b31a2e5-1a22e0f5ed0","fingerprint":"89e0f6d82b31a2e5","status":"firing","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-30T20:04:48.976481Z","starts_at":"2026-11-30T20:04:48.976481Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":false,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"sending","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":null,"sent":119,"delivered":20,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":14,"read":0,"awaiting_report":45,"scheduled":29901,"moderation":0,"accepted":0,"sending":40,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986566,"total_messages":30000,"total_phones":30000,"total_price":0.99,"currency":"EUR","fallback":null,"revision":0},"acknowledged_by":null,"acknowledged_at":null,"recorded":true,"note":""}],"created_at":"2026-11-30T20:04:49.990460Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_a2284b71012c4b3fa7bfead115b5f61b','hook','hook:a86792bf18350ce6',8,'dead',0,1,1.79606909096970200536e+09,1.79606909098782300954e+09,1.79606912098782300945e+09,NULL,1.79606909102603697772e+09,'HTTP 410 Gone','event','{"id":"msg_a2284b71012c4b3fa7bfead115b5f61b","receiver":"hook","group_key":"hook:a86792bf18350ce6","group_labels":{"alertname":"Stopped"},"reason":"event","alerts":[{"id":"5de571509eaa7b1f-4a2d98244705c9394031","fingerprint":"5de571509eaa7b1f","status":"firing","labels":{"alertname":"Stopped","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop was stopped"},"active_since":"2026-11-30T20:04:50.963010Z","starts_at":"2026-11-30T20:04:50.963010Z","ends_at":"2026-11-30T20:04:50.963010Z","resolve_reason":null,"event_id":"4a2d98244705c9394031","changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":1796069090.0,"sent":120,"delivered":26,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":14,"read":0,"awaiting_report":45,"scheduled":29901,"moderation":0,"accepted":0,"sending":40,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986566,"total_messages":30000,"total_phones":30000,"total_price":0.99,"currency":"EUR","fallback":null,"revision":0},"acknowledged_by":null,"acknowledged_at":null,"recorded":true,"note":""}],"created_at":"2026-11-30T20:04:50.969702Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_5322f74a03084b00bf0b931e9bff197a','hook','hook:073c6ef67dea175b',9,'delivered',0,1,1.79606909100981903073e+09,1.79606909106995892523e+09,1.79606912106995892522e+09,NULL,1.79606909113271498686e+09,NULL,'resolved','{"id":"msg_5322f74a03084b00bf0b931e9bff197a","receiver":"hook","group_key":"hook:073c6ef67dea175b","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"89e0f6d82b31a2e5-1a22e0f5ed0","fingerprint":"89e0f6d82b31a2e5","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-30T20:04:48.976481Z","starts_at":"2026-11-30T20:04:48.976481Z","ends_at":"2026-11-30T20:04:50.963010Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":1796069090.0,"sent":120,"delivered":26,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":14,"read":0,"awaiting_report":45,"scheduled":29901,"moderation":0,"accepted":0,"sending":40,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986566,"total_messages":30000,"total_phones":30000,"total_price":0.99,"currency":"EUR","fallback":null,"revision":0},"acknowledged_by":null,"acknowledged_at":null,"recorded":true,"note":""}],"created_at":"2026-11-30T20:04:51.009819Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_b3341eb5e63f49a39c6c602efe260ada','bot','bot:8250d410cf308469',10,'delivered',0,1,1.79606909100981903073e+09,1.79606909201658201218e+09,1.79606912201658201213e+09,NULL,1.79606909206894493099e+09,NULL,'resolved','{"id":"msg_b3341eb5e63f49a39c6c602efe260ada","receiver":"bot","group_key":"bot:8250d410cf308469","group_labels":{"alertname":"Sending"},"reason":"resolved","alerts":[{"id":"89e0f6d82b31a2e5-1a22e0f5ed0","fingerprint":"89e0f6d82b31a2e5","status":"resolved","labels":{"alertname":"Sending","account":"default","campaign_id":"5004","sender":"AutoPlus","message_type":"sms","severity":"warning"},"annotations":{"summary":"Price drop is being sent"},"active_since":"2026-11-30T20:04:48.976481Z","starts_at":"2026-11-30T20:04:48.976481Z","ends_at":"2026-11-30T20:04:50.963010Z","resolve_reason":"condition","event_id":null,"changed":true,"campaign":{"account":"default","id":5004,"name":"Price drop","sender":"AutoPlus","status":"stopped","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":1796069084.0,"finished_at":1796069090.0,"sent":120,"delivered":26,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":14,"read":0,"awaiting_report":45,"scheduled":29901,"moderation":0,"accepted":0,"sending":40,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986566,"total_messages":30000,"total_phones":30000,"total_price":0.99,"currency":"EUR","fallback":null,"revision":0},"acknowledged_by":null,"acknowledged_at":null,"recorded":true,"note":""}],"created_at":"2026-11-30T20:04:51.009819Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
INSERT INTO "outbox" VALUES('msg_96e3e405cdbc4acabf2840c3f275dcd2','bot','bot:af3b9160d3be253b',11,'delivered',0,1,1.79606909659125304219e+09,1796069096.59224,1796069126.59224,NULL,1.79606909659508109087e+09,NULL,'acknowledged','{"id":"msg_96e3e405cdbc4acabf2840c3f275dcd2","receiver":"bot","group_key":"bot:af3b9160d3be253b","group_labels":{"alertname":"Held"},"reason":"acknowledged","alerts":[{"id":"bd84f7a5617dd944-1a22e0f5ed0","fingerprint":"bd84f7a5617dd944","status":"firing","labels":{"alertname":"Held","account":"default","campaign_id":"5003","sender":"UrbanWear","message_type":"sms","severity":"critical"},"annotations":{"summary":"Spring sale ☀ is held"},"active_since":"2026-11-30T20:04:48.976481Z","starts_at":"2026-11-30T20:04:48.976481Z","ends_at":null,"resolve_reason":null,"event_id":null,"changed":false,"campaign":{"account":"default","id":5003,"name":"Spring sale ☀","sender":"UrbanWear","status":"spam","message_type":"sms","created_at":1796069084.0,"start_at":1796069084.0,"real_start_at":null,"finished_at":null,"sent":0,"delivered":0,"fallback_sent":null,"fallback_delivered":null,"calculated_price":0.0,"currency":null},"detail":{"delivered":0,"read":0,"awaiting_report":0,"scheduled":0,"moderation":8000,"accepted":0,"sending":0,"expired":0,"failed":0,"undelivered":0,"unknown":0,"not_rcs_user":0,"not_viber_user":0,"read_at":1796069088.986115,"total_messages":8000,"total_phones":8000,"total_price":0.0,"currency":"EUR","fallback":null,"revision":0},"acknowledged_by":"ann","acknowledged_at":"2026-11-30T20:04:56.290782Z","recorded":true,"note":""}],"created_at":"2026-11-30T20:04:56.591253Z","part":1,"parts":1,"omitted":0,"fallback_for":[]}');
CREATE TABLE receiver_memory (
    receiver TEXT NOT NULL,
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    at       REAL NOT NULL,
    PRIMARY KEY (receiver, key)
);
INSERT INTO "receiver_memory" VALUES('','attendance','2026-11-30T20:04:48.926036+00:00 2026-11-30T20:04:48.926036+00:00',1.79606908892603588101e+09);
INSERT INTO "receiver_memory" VALUES('bot','bot:8250d410cf308469','{"target":"C1","channel":"C1","ts":"1772440000.000100","open":false,"last":"msg_b3341eb5e63f49a39c6c602efe260ada","decided":"2026-11-30T20:04:51.009819Z","opening":""}',1.79606909206477308267e+09);
INSERT INTO "receiver_memory" VALUES('bot','bot:af3b9160d3be253b','{"target":"C1","channel":"C1","ts":"1772440000.000100","open":true,"last":"msg_96e3e405cdbc4acabf2840c3f275dcd2","decided":"2026-11-30T20:04:56.591253Z","opening":""}',1796069096.5947);
INSERT INTO "receiver_memory" VALUES('hook','health','2026-11-30T20:04:59.048812+00:00 HTTP 503 Service Unavailable',1.79606910393530511856e+09);
CREATE TABLE samples (
    at                 REAL NOT NULL,
    account            TEXT NOT NULL,
    campaign_id        INTEGER NOT NULL,
    status             TEXT NOT NULL,
    sent               INTEGER,
    delivered          INTEGER,
    fallback_sent      INTEGER,
    fallback_delivered INTEGER,
    PRIMARY KEY (at, account, campaign_id)
) WITHOUT ROWID;
INSERT INTO "samples" VALUES(1.79606908891822099685e+09,'default',5003,'spam',0,0,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606908891822099685e+09,'default',5004,'sending',99,14,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606908891822099685e+09,'default',5005,'done',40,8,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606908891822099685e+09,'default',5006,'sending',99,14,NULL,NULL);
INSERT INTO "samples" VALUES(1796069088.92567,'default',5002,'done',5000,2949,1900,1804);
INSERT INTO "samples" VALUES(1.79606908996168804174e+09,'default',5004,'sending',119,20,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606908996168804174e+09,'default',5005,'done',40,10,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606908996168804174e+09,'default',5006,'paused',100,19,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909095956897735e+09,'default',5004,'stopped',120,26,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909095956897735e+09,'default',5005,'done',40,12,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909095956897735e+09,'default',5006,'paused',100,24,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909192386388776e+09,'default',5004,'stopped',120,31,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909192386388776e+09,'default',5005,'done',40,14,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909192386388776e+09,'default',5006,'paused',100,28,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909296894693374e+09,'default',5004,'stopped',120,37,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909296894693374e+09,'default',5005,'done',40,15,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909296894693374e+09,'default',5006,'paused',100,33,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909398689389232e+09,'default',5004,'stopped',120,41,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909398689389232e+09,'default',5005,'done',40,16,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909398689389232e+09,'default',5006,'paused',100,36,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909500536203383e+09,'default',5004,'stopped',120,46,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909500536203383e+09,'default',5005,'done',40,18,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909500536203383e+09,'default',5006,'paused',100,40,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909602896594999e+09,'default',5004,'stopped',120,50,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909602896594999e+09,'default',5005,'done',40,19,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909602896594999e+09,'default',5006,'paused',100,43,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909699825310704e+09,'default',5004,'stopped',120,54,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909699825310704e+09,'default',5005,'done',40,20,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909699825310704e+09,'default',5006,'paused',100,46,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909801492190363e+09,'default',5004,'stopped',120,57,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909801492190363e+09,'default',5005,'done',40,21,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909801492190363e+09,'default',5006,'paused',100,49,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909904928493506e+09,'default',5004,'stopped',120,60,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909904928493506e+09,'default',5005,'done',40,22,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606909904928493506e+09,'default',5006,'paused',100,52,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910005558109287e+09,'default',5004,'stopped',120,63,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910005558109287e+09,'default',5005,'done',40,23,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910005558109287e+09,'default',5006,'paused',100,54,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910110665607448e+09,'default',5004,'stopped',120,66,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910110665607448e+09,'default',5006,'paused',100,56,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910210668206219e+09,'default',5004,'stopped',120,69,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910210668206219e+09,'default',5005,'done',40,24,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910210668206219e+09,'default',5006,'paused',100,58,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910305904388428e+09,'default',5004,'stopped',120,71,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910305904388428e+09,'default',5005,'done',40,25,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910305904388428e+09,'default',5006,'paused',100,60,NULL,NULL);
INSERT INTO "samples" VALUES(1.7960691040168170929e+09,'default',5004,'stopped',120,73,NULL,NULL);
INSERT INTO "samples" VALUES(1.7960691040168170929e+09,'default',5006,'paused',100,62,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910502879500387e+09,'default',5004,'stopped',120,75,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910502879500387e+09,'default',5005,'done',40,26,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910502879500387e+09,'default',5006,'paused',100,63,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910607653403278e+09,'default',5004,'stopped',120,77,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910607653403278e+09,'default',5005,'done',40,27,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910607653403278e+09,'default',5006,'paused',100,65,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910710053205488e+09,'default',5004,'stopped',120,78,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910710053205488e+09,'default',5006,'paused',100,66,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910807253098488e+09,'default',5004,'stopped',120,80,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910807253098488e+09,'default',5006,'paused',100,67,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910913167810441e+09,'default',5004,'stopped',120,82,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910913167810441e+09,'default',5005,'done',40,28,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606910913167810441e+09,'default',5006,'paused',100,68,NULL,NULL);
INSERT INTO "samples" VALUES(1.7960691101525249481e+09,'default',5004,'stopped',120,83,NULL,NULL);
INSERT INTO "samples" VALUES(1.7960691101525249481e+09,'default',5006,'paused',100,70,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606911110878300665e+09,'default',5004,'stopped',120,84,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606911110878300665e+09,'default',5005,'done',40,29,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606911110878300665e+09,'default',5006,'paused',100,71,NULL,NULL);
INSERT INTO "samples" VALUES(1.79606911214613699915e+09,'default',5004,'stopped',120,85,NULL,NULL);
CREATE TABLE silences (
    id             TEXT NOT NULL PRIMARY KEY,
    matchers       TEXT NOT NULL,
    starts_at      REAL NOT NULL,
    ends_at        REAL,
    until_resolved INTEGER NOT NULL,
    author         TEXT NOT NULL,
    comment        TEXT NOT NULL,
    created_at     REAL NOT NULL,
    matched_at     REAL,
    ended_at       REAL,
    ended_by       TEXT
);
INSERT INTO "silences" VALUES('b1c915719402','[{"name":"alertname","operator":"=","value":"Stopped"}]',1.79606909972126889234e+09,1.82760509972126889222e+09,0,'ann','known',1.79606909972126889234e+09,NULL,NULL,NULL);
INSERT INTO "silences" VALUES('0330043d06f6','[{"name":"alertname","operator":"=","value":"Stopped"}]',1796069103.95719,NULL,1,'ann','known',1796069103.95719,NULL,1.79606911144853401184e+09,'bo');
CREATE INDEX events_at ON events (at);
CREATE INDEX events_campaign ON events (campaign_id, at);
CREATE INDEX alerts_open ON alerts (id) WHERE closed = 0;
CREATE INDEX alerts_ended ON alerts (resolved_at, id) WHERE resolved_at IS NOT NULL;
CREATE INDEX outbox_sequence ON outbox (sequence);
CREATE INDEX outbox_state ON outbox (receiver, state, sequence, created_at);
CREATE INDEX outbox_due ON outbox (receiver, head, next_attempt_at, sequence) WHERE state = 'pending';
CREATE INDEX outbox_group ON outbox (receiver, group_key, sequence) WHERE state = 'pending';
CREATE INDEX outbox_finished ON outbox (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX receiver_memory_at ON receiver_memory (at);
CREATE INDEX samples_campaign ON samples (account, campaign_id, at);
COMMIT;
