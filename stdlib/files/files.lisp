(in-package "ROOK-KERNEL")

;;;; Opening files, and operations on files and folders by name.

(defun %physical-pathname (designator)
  (translate-logical-pathname (merge-pathnames designator)))

(defun %native-name (designator)
  ;; The string that the system understands.
  (let ((pathname (%physical-pathname designator)))
    (when (wild-pathname-p pathname)
      (error 'simple-file-error :pathname pathname
                                :format-control "~S is wild."
                                :format-arguments (list (namestring pathname))))
    (let ((name (namestring pathname)))
      (if (string= name "") "." name))))

(defun %integer-element-type (type)
  ;; TYPE as (UNSIGNED-BYTE n) or (SIGNED-BYTE n) of whole octets; NIL for character types.
  (cond ((%memq type '(character base-char standard-char extended-char :default t)) nil)
        ((eq type 'unsigned-byte) '(unsigned-byte 8))
        ((eq type 'signed-byte) '(signed-byte 8))
        ((eq type 'bit) '(unsigned-byte 8))
        ((and (consp type) (%memq (first type) '(unsigned-byte signed-byte)))
         (list (first type) (* 8 (ceiling (if (integerp (second type)) (second type) 8) 8))))
        ((and (consp type) (eq (first type) 'mod))
         (list 'unsigned-byte (* 8 (max 1 (ceiling (integer-length (1- (second type))) 8)))))
        ((and (consp type) (eq (first type) 'integer))
         (%integer-range-element-type (second type) (third type)))
        ((subtypep type 'character) nil)
        (t '(unsigned-byte 8))))

(defun %integer-range-element-type (low high)
  (if (and (integerp low) (integerp high))
      (if (minusp low)
          (list 'signed-byte (* 8 (ceiling (1+ (max (integer-length low) (integer-length high))) 8)))
          (list 'unsigned-byte (* 8 (max 1 (ceiling (integer-length high) 8)))))
      '(unsigned-byte 8)))

(defun open (filename &key (direction :input) (element-type 'character)
                           (if-exists nil if-exists-p)
                           (if-does-not-exist nil if-does-not-exist-p)
                           (external-format :default))
  (let* ((pathname (merge-pathnames filename))
         (name (%native-name pathname))
         (probing (eq direction :probe))
         (if-exists (cond (if-exists-p if-exists)
                          ((eq (pathname-version filename) :newest) :new-version)
                          (t :error)))
         (if-missing (cond (if-does-not-exist-p if-does-not-exist)
                           (probing nil)
                           ((eq direction :input) :error)
                           ((%memq if-exists '(:overwrite :append)) :error)
                           (t :create)))
         (stream (%primitive open-file name (if probing :input direction) if-exists if-missing
                             (if (consp external-format) (first external-format) external-format))))
    (when stream
      ;; A native stream has no parts; the slot keeps the name.
      (%set-other-ref stream +composite-type+ pathname)
      (let ((integers (%integer-element-type element-type)))
        (when integers
          (%set-other-ref stream +stream-element-type+ integers)))
      (when probing (close stream)))
    stream))

(defmacro with-open-file ((stream filespec &rest options) &body body)
  `(with-open-stream (,stream (open ,filespec ,@options))
     ,@body))

(defun file-position (stream &optional (position nil position-p))
  (let ((target (%input-target stream)))
    (when (eq (%composite-type target) :broadcast)
      (return-from file-position
        (let ((parts (%composite-parts target)))
          (if parts (file-position (first (last parts))) 0))))
    (cond ((not (%native-p target)) nil)
          ((not position-p)
           (let ((octets (%primitive stream-file-position target)))
             (if octets (values (floor octets (%element-octets target))) nil)))
          (t (%primitive set-stream-file-position
                         target
                         (case position
                           (:start 0)
                           (:end (* (file-length target) (%element-octets target)))
                           (t (if (integerp position)
                                  (* position (%element-octets target))
                                  position))))))))

(defun %element-octets (stream)
  (let ((type (%stream-slot stream +stream-element-type+)))
    (if (and (consp type) (integerp (second type)))
        (ceiling (second type) 8)
        1)))

(defun %synonym-target (stream)
  (do ()
      ((not (eq (%composite-type stream) :synonym)) stream)
    (setq stream (symbol-value (%composite-parts stream)))))

(defun file-length (stream)
  (%check-stream stream)
  (let ((target (%synonym-target stream)))
    (cond ((eq (%composite-type target) :broadcast)
           (let ((parts (%composite-parts target)))
             (if parts (file-length (first (last parts))) 0)))
          ((%file-stream-p target)
           (let ((octets (%primitive stream-file-length target)))
             (if octets (values (floor octets (%element-octets target))) nil)))
          (t (error 'type-error :datum stream :expected-type '(or file-stream broadcast-stream))))))

(defun file-string-length (stream object)
  (%check-stream stream)
  (when (eq (%composite-type stream) :broadcast)
    (return-from file-string-length
      (let ((parts (%composite-parts stream)))
        (if parts (file-string-length (first (last parts)) object) 1))))
  (let ((text (string object)) (n 0))
    (dotimes (i (length text) n)
      (let ((code (char-code (char text i))))
        (incf n (cond ((< code #x80) 1) ((< code #x800) 2) ((< code #x10000) 3) (t 4)))))))

;;; Names of existing files.

(defun probe-file (pathspec)
  (let ((name (%primitive file-truename (%native-name pathspec))))
    (if name (pathname name) nil)))

(defun truename (filespec)
  (or (probe-file filespec)
      (error 'simple-file-error
             :pathname filespec
             :format-control "Failed to find the TRUENAME of ~A: No such file or directory."
             :format-arguments (list (namestring filespec)))))

(defun delete-file (filespec)
  (when (and (streamp filespec) (open-stream-p filespec))
    (close filespec))
  (%primitive remove-file (%native-name filespec))
  t)

(defun rename-file (filespec new-name)
  (let* ((old (merge-pathnames filespec))
         (old-truename (truename old))
         (new (merge-pathnames new-name old)))
    (%primitive move-file (%native-name old) (%native-name new))
    (values new old-truename (truename new))))

;;; Seconds between the start of 1900 and that of 1970.
(defconstant +unix-epoch+ 2208988800)

(defun file-write-date (pathspec)
  (let ((seconds (%primitive file-modification-time (%native-name pathspec))))
    (if seconds
        (+ seconds +unix-epoch+)
        (progn (truename pathspec) nil))))

(defun file-author (pathspec)
  (truename pathspec)
  nil)

;;; Folders.

(defun ensure-directories-exist (pathspec &key verbose)
  (let* ((pathname (%physical-pathname pathspec))
         (directory (%pathname-directory pathname))
         (created nil))
    (when (%wild-directory-p directory)
      (error 'simple-file-error :pathname pathspec :format-control "~S is wild."
                                :format-arguments (list pathspec)))
    (do ((n 2 (1+ n)))
        ((> n (length directory)))
      (let ((name (%directory-text (subseq directory 0 n))))
        (unless (%primitive folder-p name)
          (when (%primitive make-folder name)
            (when verbose (format t "~&creating directory: ~A~%" name))
            (setq created t)))))
    (values pathspec created)))

(defun %matching-files (folder pattern wild-parts)
  ;; The files below FOLDER, a string, that match PATTERN; WILD-PARTS are the parts of the directory
  ;; that are still to be matched.
  (let ((result '()))
    (if (null wild-parts)
        (dolist (entry (%primitive folder-entries (if (string= folder "") "." folder)))
          (let ((pathname (pathname (concatenate 'simple-string folder entry))))
            (cond ((eql (char entry (1- (length entry))) #\/)
                   (when (and (%pathname-name pattern)
                              (%component-matches-p (subseq entry 0 (1- (length entry)))
                                                    (%file-text pattern))
                              (or (null (%pathname-type pattern)) (eq (%pathname-type pattern) :wild)))
                     (push pathname result)))
                  ((and (%pathname-name pattern)
                        (%component-matches-p (%pathname-name pathname) (%pathname-name pattern))
                        (if (null (%pathname-type pattern))
                            (null (%pathname-type pathname))
                            (%component-matches-p (%pathname-type pathname)
                                                  (%pathname-type pattern))))
                   (push pathname result)))))
        (let ((part (first wild-parts)))
          (when (eq part :wild-inferiors)
            (setq result (%matching-files folder pattern (rest wild-parts))))
          (dolist (entry (if (%primitive folder-p (if (string= folder "") "." folder))
                             (%primitive folder-entries (if (string= folder "") "." folder))
                             '()))
            (when (eql (char entry (1- (length entry))) #\/)
              (let ((inner (concatenate 'simple-string folder entry)))
                (cond ((eq part :wild-inferiors)
                       (setq result (append (%matching-files inner pattern wild-parts) result)))
                      ((%component-matches-p (subseq entry 0 (1- (length entry))) part)
                       (setq result (append (%matching-files inner pattern (rest wild-parts))
                                            result)))))))))
    result))

(defun %check-parents (pathname)
  ;; The directory of PATHNAME. Nothing is above the root or above an unknown number of folders.
  (let ((directory (%pathname-directory pathname)))
    (do ((rest directory (rest rest)))
        ((null rest) directory)
      (when (and (%memq (first rest) '(:absolute :wild-inferiors))
                 (%memq (second rest) '(:up :back)))
        (error 'simple-file-error :pathname pathname
                                  :format-control "~S has no parent in ~S."
                                  :format-arguments (list (first rest) pathname))))))

(defun directory (pathspec &key)
  (let* ((pathname (%physical-pathname pathspec))
         (directory (%check-parents pathname))
         (wild (position-if (lambda (part) (%memq part '(:wild :wild-inferiors))) directory)))
    (if (wild-pathname-p pathname)
        (let ((base (%directory-text (if wild (subseq directory 0 wild) directory)))
              (found '()))
          (when (%primitive folder-p (if (string= base "") "." base))
            (dolist (file (%matching-files base pathname (if wild (nthcdr wild directory) '())))
              (let ((true-name (probe-file file)))
                (when true-name
                  (unless (member true-name found :test #'equal)
                    (push true-name found))))))
          found)
        (let ((true-name (probe-file pathname)))
          (if true-name (list true-name) '())))))

(defun user-homedir-pathname (&optional host)
  (declare (ignore host))
  (let ((home (or (%primitive environment-variable "HOME") "/")))
    (pathname (concatenate 'simple-string home "/"))))
